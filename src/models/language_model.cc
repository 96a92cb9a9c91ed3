#include "models/language_model.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/formats/model_folder.h"
#include "models/parity.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// The base model an adapter's folder names: a path relative to it, or an absolute one.
fs::path base_of_adapter(const fs::path& folder) {
  const fs::path file = folder / "adapter_config.json";
  const Json json = parse_json(read_file(file, 1 << 20), file.string());
  if (!json.is_object() || !json.contains("base_model_name_or_path") ||
      !json["base_model_name_or_path"].is_string()) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: 'base_model_name_or_path' is missing", file.string()));
  }
  const fs::path base = folder / json["base_model_name_or_path"].get<std::string>();
  if (!fs::exists(base)) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: its base model {} is not there", file.string(), base.string()));
  }
  return base.lexically_normal();
}

}  // namespace

LanguageModel load_language_model(Context& context, const kernels::Kernels& kernels,
                                  const fs::path& path) {
  LanguageModel model;
  const bool is_adapter = fs::exists(path / "adapter_config.json");
  const fs::path base = is_adapter ? base_of_adapter(path) : path;
  model.weights = std::make_shared<const DecoderTensors>(open_model(base));
  if (is_adapter) {
    model.adapter = std::make_shared<const LoraAdapter>(load_adapter(path, model.weights->config));
  }
  model.tokenizer = load_tokenizer(fs::exists(path / "tokenizer.json") ? path : base);
  if (model.tokenizer->vocab_size() > model.weights->config.vocab_size) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: the tokenizer has {} tokens, the model {}", path.string(),
                            model.tokenizer->vocab_size(), model.weights->config.vocab_size));
  }
  if (fs::exists(path / "parity.json")) verify_parity(context, kernels, model, path);
  return model;
}

}  // namespace twin
