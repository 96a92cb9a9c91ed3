#include "engine/formats/model_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "engine/formats/assemble.h"
#include "engine/formats/rope_rows.h"
#include "engine/formats/safetensors.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

void fill(const std::vector<Parameter>& parameters, const fs::path& where,
          const std::function<const TensorView*(const std::string&)>& find) {
  for (const Parameter& parameter : parameters) {
    const TensorView* tensor = find(parameter.name);
    check_tensor(tensor, parameter.name, parameter.shape, where.string());
    read_as_f32(*tensor, parameter.values);
  }
}

void save_parameters(const fs::path& file, const std::vector<Parameter>& parameters) {
  std::vector<TensorToWrite> tensors;
  tensors.reserve(parameters.size());
  for (const Parameter& parameter : parameters) {
    tensors.push_back({parameter.name, parameter.shape, parameter.values});
  }
  write_safetensors(file, tensors);
}

// An adapter on disk has Hugging Face's order of q's and k's rows, whatever its base has.
void reorder(LoraAdapter& adapter, bool to_interleaved) {
  const size_t D = adapter.config().head_dim;
  const auto reorder_rows = [&](std::span<float> values, size_t width) {
    const std::vector<float> from(values.begin(), values.end());
    for (size_t row = 0; row < values.size() / width; ++row) {
      const size_t there = half_split_row(row, D);
      const size_t source = to_interleaved ? there : row, target = to_interleaved ? row : there;
      std::copy_n(from.data() + source * width, width, values.data() + target * width);
    }
  };
  for (size_t l = 0; l < adapter.config().num_hidden_layers; ++l) {
    for (size_t target : {size_t{0}, size_t{1}}) {
      reorder_rows(adapter.pair(l, target).B, adapter.r());
      reorder_rows(adapter.pair(l, target).magnitude, 1);
    }
  }
}

}  // namespace

void save_weights(const fs::path& folder, const DecoderWeights& weights) {
  write_file_atomic(folder / "config.json", config_json(weights.config()));
  save_parameters(folder / "model.safetensors", weights.parameters());
}

LoraAdapter load_adapter(const fs::path& folder, const DecoderConfig& config) {
  const fs::path file = folder / "adapter_config.json";
  const Json json = parse_json(read_file(file, 1 << 20), file.string());
  const auto refuse = [&](const char* what) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", file.string(), what));
  };
  const auto is = [&](const char* name, const Json& value) {
    return json.contains(name) && json[name] == value;
  };
  if (!json.is_object() || !is("peft_type", "LORA")) refuse("peft_type is not LORA");
  if (!json.contains("r") || !json["r"].is_number_unsigned()) refuse("'r' is not a size");
  if (!json.contains("lora_alpha") || !json["lora_alpha"].is_number()) {
    refuse("'lora_alpha' is not a number");
  }
  if (is("fan_in_fan_out", true)) refuse("fan_in_fan_out is not supported");
  for (const char* pattern : {"rank_pattern", "alpha_pattern"}) {
    if (json.contains(pattern) && !json[pattern].empty()) {
      refuse("rank_pattern and alpha_pattern are not supported");
    }
  }
  LoraConfig lora{json["r"].get<size_t>(), json["lora_alpha"].get<float>(), is("use_rslora", true)};
  lora.use_dora = is("use_dora", true);
  if (json.contains("lora_dropout") && json["lora_dropout"].is_number()) {
    lora.lora_dropout = json["lora_dropout"].get<float>();
  }
  if (json.contains("target_modules") && json["target_modules"] != "all-linear") {
    if (!json["target_modules"].is_array()) refuse("'target_modules' is not a list of names");
    lora.target_modules.clear();
    for (const Json& module : json["target_modules"]) {
      if (!module.is_string()) refuse("'target_modules' is not a list of names");
      lora.target_modules.push_back(module.get<std::string>());
    }
  }
  LoraAdapter adapter(config, lora);
  const SafetensorsFile tensors(folder / "adapter_model.safetensors");
  fill(adapter.parameters(), folder, [&](const std::string& name) {
    const auto found = tensors.tensors().find(name);
    return found == tensors.tensors().end() ? nullptr : &found->second;
  });
  if (config.rope_interleaved) reorder(adapter, true);
  return adapter;
}

void save_adapter(const fs::path& folder, const LoraAdapter& adapter,
                  const std::string& base_model_name) {
  if (adapter.config().rope_interleaved) {
    DecoderConfig config = adapter.config();
    config.rope_interleaved = false;
    LoraAdapter in_order(config, adapter.lora());
    std::copy(adapter.flat().begin(), adapter.flat().end(), in_order.flat().begin());
    reorder(in_order, false);
    return save_adapter(folder, in_order, base_model_name);
  }
  const OrderedJson json = {{"peft_type", "LORA"},
                            {"task_type", "CAUSAL_LM"},
                            {"base_model_name_or_path", base_model_name},
                            {"r", adapter.r()},
                            {"use_rslora", adapter.lora().use_rslora},
                            {"lora_alpha", adapter.lora().lora_alpha},
                            {"lora_dropout", adapter.lora().lora_dropout},
                            {"use_dora", adapter.lora().use_dora},
                            {"bias", "none"},
                            {"fan_in_fan_out", false},
                            {"inference_mode", true},
                            {"init_lora_weights", true},
                            {"target_modules", adapter.lora().target_modules}};
  write_file_atomic(folder / "adapter_config.json", dump_json(json, 2) + '\n');
  save_parameters(folder / "adapter_model.safetensors", adapter.parameters());
}

}  // namespace twin
