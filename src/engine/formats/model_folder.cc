#include "engine/formats/model_folder.h"

#include <fmt/format.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "engine/formats/safetensors.h"
#include "engine/tokenizer/byte_level_bpe.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxTokenizerBytes = uint64_t{256} << 20;

// The tensors of one model, whichever files they are in.
class TensorFiles {
 public:
  explicit TensorFiles(const fs::path& folder) : folder_(folder) {
    const fs::path index = folder / "model.safetensors.index.json";
    if (fs::exists(folder / "model.safetensors")) {
      open("model.safetensors");
    } else if (fs::exists(index)) {
      const Json json = parse_json(read_file(index), index.string());
      if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object()) {
        throw Error(ErrorCode::kBadInput, fmt::format("{}: no weight_map", index.string()));
      }
      for (const auto& [name, file] : json["weight_map"].items()) {
        // A plain file name: an index must not reach outside its folder.
        if (!file.is_string() || file.get<std::string>().find('/') != std::string::npos) {
          throw Error(ErrorCode::kBadInput, fmt::format("{}: '{}' is not in a file of this folder",
                                                        index.string(), name));
        }
        open(file.get<std::string>());
      }
    } else {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("{}: no model.safetensors and no model.safetensors.index.json",
                              folder.string()));
    }
  }

  const TensorView* find(const std::string& name) const {
    for (const auto& [file, opened] : files_) {
      const auto found = opened.tensors().find(name);
      if (found != opened.tensors().end()) return &found->second;
    }
    return nullptr;
  }

  size_t bytes() const {
    size_t sum = 0;
    for (const auto& [file, opened] : files_) {
      for (const auto& [name, tensor] : opened.tensors()) sum += tensor.bytes.size();
    }
    return sum;
  }

 private:
  void open(const std::string& file) {
    if (files_.find(file) == files_.end()) files_.emplace(file, SafetensorsFile(folder_ / file));
  }
  fs::path folder_;
  std::map<std::string, SafetensorsFile> files_;
};

void fill(const std::vector<Parameter>& parameters, const fs::path& where,
          const std::function<const TensorView*(const std::string&)>& find) {
  for (const Parameter& parameter : parameters) {
    const TensorView* tensor = find(parameter.name);
    if (tensor == nullptr) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("{}: tensor '{}' is missing", where.string(), parameter.name));
    }
    if (tensor->shape != parameter.shape) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("{}: tensor '{}' has shape ({}); expected ({})", where.string(),
                              parameter.name, fmt::join(tensor->shape, ", "),
                              fmt::join(parameter.shape, ", ")));
    }
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

}  // namespace

DecoderWeights load_weights(const fs::path& path) {
  if (!fs::exists(path)) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: no model there", path.string()));
  }
  if (fs::is_regular_file(path)) return load_llama2c(path);
  DecoderConfig config = read_config(path / "config.json");
  const TensorFiles files(path);
  // Before memory is taken for what config.json claims.
  if (parameter_count(config) > files.bytes()) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: config.json describes {} parameters, its tensors have {} bytes",
                            path.string(), parameter_count(config), files.bytes()));
  }
  DecoderWeights weights(config);
  fill(weights.parameters(), path, [&](const std::string& name) { return files.find(name); });
  return weights;
}

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
  if (is("use_dora", true)) refuse("use_dora is not supported");
  if (is("use_rslora", true)) refuse("use_rslora is not supported");
  if (is("fan_in_fan_out", true)) refuse("fan_in_fan_out is not supported");
  for (const char* pattern : {"rank_pattern", "alpha_pattern"}) {
    if (json.contains(pattern) && !json[pattern].empty()) {
      refuse("rank_pattern and alpha_pattern are not supported");
    }
  }
  LoraAdapter adapter(config, json["r"].get<size_t>(), json["lora_alpha"].get<float>());
  const SafetensorsFile tensors(folder / "adapter_model.safetensors");
  fill(adapter.parameters(), folder, [&](const std::string& name) {
    const auto found = tensors.tensors().find(name);
    return found == tensors.tensors().end() ? nullptr : &found->second;
  });
  return adapter;
}

void save_adapter(const fs::path& folder, const LoraAdapter& adapter,
                  const std::string& base_model_name) {
  const OrderedJson json = {{"peft_type", "LORA"},
                            {"task_type", "CAUSAL_LM"},
                            {"base_model_name_or_path", base_model_name},
                            {"r", adapter.r()},
                            {"lora_alpha", adapter.lora_alpha()},
                            {"lora_dropout", 0.0},
                            {"bias", "none"},
                            {"fan_in_fan_out", false},
                            {"inference_mode", true},
                            {"init_lora_weights", true},
                            {"target_modules", LoraAdapter::kTargetModules}};
  write_file_atomic(folder / "adapter_config.json", dump_json(json, 2) + '\n');
  save_parameters(folder / "adapter_model.safetensors", adapter.parameters());
}

std::shared_ptr<const Tokenizer> load_tokenizer(const fs::path& path) {
  const fs::path file = fs::is_directory(path) ? path / "tokenizer.json" : path;
  const std::string bytes = read_file(file, kMaxTokenizerBytes);
  if (file.extension() == ".bin") return read_llama2c_tokenizer(bytes, file.string());
  return read_tokenizer_json(bytes, file.string());
}

}  // namespace twin
