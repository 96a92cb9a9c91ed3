#include "engine/formats/model_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/json.h"
#include "engine/formats/assemble.h"
#include "engine/formats/rope_rows.h"
#include "engine/formats/safetensors.h"
#include "engine/tokenizer/regex.h"

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

// Which of PEFT's patterns is a module's: the first that matches its name, or the end of it behind
// a dot, whole. Source: PEFT's get_pattern_key().
class ModulePatterns {
 public:
  // Errors: kBadInput where `json` has `key` and it is no object of numbers, or one of its names no
  // expression.
  ModulePatterns(const OrderedJson& json, const char* key, const std::string& where) {
    if (!json.contains(key) || json[key].is_null()) return;
    const auto refuse = [&] {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("{}: '{}' is not an object of at most {} numbers by module name",
                              where, key, kMost));
    };
    if (!json[key].is_object() || json[key].size() > kMost) refuse();
    for (const auto& [pattern, value] : json[key].items()) {
      if (!value.is_number() || value.get<double>() < 0) refuse();
      patterns_.emplace_back(Regex("\\A(?:.*\\.)?(?:" + pattern + ")\\z", where),
                             value.get<double>());
    }
  }

  std::optional<double> find(const std::string& module) const {
    for (const auto& [pattern, value] : patterns_) {
      bool matches = false;
      pattern.for_each_match(module, [&](size_t, size_t) { matches = true; });
      if (matches) return value;
    }
    return std::nullopt;
  }
  bool empty() const { return patterns_.empty(); }

 private:
  static constexpr size_t kMost = 10000;

  std::vector<std::pair<Regex, double>> patterns_;
};

// What rank_pattern and alpha_pattern say of the modules that are not as all others.
std::map<std::string, LoraConfig::Own, std::less<>> own_ranks(const OrderedJson& json,
                                                              const std::string& where,
                                                              const LoraConfig& lora,
                                                              size_t layers) {
  std::map<std::string, LoraConfig::Own, std::less<>> own;
  const ModulePatterns ranks(json, "rank_pattern", where), alphas(json, "alpha_pattern", where);
  if (ranks.empty() && alphas.empty()) return own;
  for (size_t l = 0; l < layers; ++l) {
    for (size_t t = 0; t < LoraAdapter::kTargetModules.size(); ++t) {
      const std::string_view target = LoraAdapter::kTargetModules[t];
      if (std::find(lora.target_modules.begin(), lora.target_modules.end(), target) ==
          lora.target_modules.end()) {
        continue;
      }
      const std::string module = LoraAdapter::module_name(l, t);
      const auto r = ranks.find(module), alpha = alphas.find(module);
      if (!r && !alpha) continue;
      // A rank beyond any there can be is refused by the adapter.
      const size_t rank = r ? static_cast<size_t>(std::min(*r, 1e9)) : lora.r;
      own[module] = {rank, alpha ? static_cast<float>(*alpha) : lora.lora_alpha};
    }
  }
  return own;
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
      reorder_rows(adapter.pair(l, target).B, adapter.pair(l, target).r);
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
  const OrderedJson json = parse_ordered_json(read_file(file, 1 << 20), file.string());
  const auto refuse = [&](const char* what) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", file.string(), what));
  };
  const auto is = [&](const char* name, const OrderedJson& value) {
    return json.contains(name) && json[name] == value;
  };
  if (!json.is_object() || !is("peft_type", "LORA")) refuse("peft_type is not LORA");
  if (!json.contains("r") || !json["r"].is_number_unsigned()) refuse("'r' is not a size");
  if (!json.contains("lora_alpha") || !json["lora_alpha"].is_number()) {
    refuse("'lora_alpha' is not a number");
  }
  if (is("fan_in_fan_out", true)) refuse("fan_in_fan_out is not supported");
  LoraConfig lora{json["r"].get<size_t>(), json["lora_alpha"].get<float>(), is("use_rslora", true)};
  lora.use_dora = is("use_dora", true);
  if (json.contains("lora_dropout") && json["lora_dropout"].is_number()) {
    lora.lora_dropout = json["lora_dropout"].get<float>();
  }
  if (json.contains("target_modules") && json["target_modules"] != "all-linear") {
    if (!json["target_modules"].is_array()) refuse("'target_modules' is not a list of names");
    lora.target_modules.clear();
    for (const OrderedJson& module : json["target_modules"]) {
      if (!module.is_string()) refuse("'target_modules' is not a list of names");
      lora.target_modules.push_back(module.get<std::string>());
    }
  }
  lora.own = own_ranks(json, file.string(), lora, config.num_hidden_layers);
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
  OrderedJson ranks = OrderedJson::object(), alphas = OrderedJson::object();
  for (const auto& [module, own] : adapter.lora().own) {
    ranks[module] = own.r;
    alphas[module] = own.lora_alpha;
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
                            {"target_modules", adapter.lora().target_modules},
                            {"rank_pattern", ranks},
                            {"alpha_pattern", alphas}};
  write_file_atomic(folder / "adapter_config.json", dump_json(json, 2) + '\n');
  save_parameters(folder / "adapter_model.safetensors", adapter.parameters());
}

}  // namespace twin
