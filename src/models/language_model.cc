#include "models/language_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/machine.h"
#include "engine/formats/model_folder.h"
#include "models/memory.h"
#include "models/parity.h"

namespace twin {

namespace fs = std::filesystem;

// How long a text one thinks of when asked whether a model fits: its cache grows as it fills.
constexpr size_t kPlannedPositions = 4096;

// A path relative to the folder, or an absolute one.
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

std::shared_ptr<const LoraAdapter> load_ready_adapter(Context& context, const fs::path& folder,
                                                      const DecoderTensors& weights) {
  auto adapter = std::make_shared<LoraAdapter>(load_adapter(folder, weights.config));
  update_norms(context, *adapter, weights);
  return adapter;
}

LanguageModel as_language_model(std::shared_ptr<const DecoderTensors> weights,
                                std::shared_ptr<const LoraAdapter> adapter, const fs::path& path,
                                const fs::path& tokenizer) {
  LanguageModel model;
  model.weights = std::move(weights);
  model.adapter = std::move(adapter);
  const fs::path base = model.adapter ? base_of_adapter(path) : path;
  model.tokenizer = load_tokenizer(!tokenizer.empty()                    ? tokenizer
                                   : fs::exists(path / "tokenizer.json") ? path
                                                                         : base);
  if (model.tokenizer->vocab_size() > model.weights->config.vocab_size) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: the tokenizer has {} tokens, the model {}", path.string(),
                            model.tokenizer->vocab_size(), model.weights->config.vocab_size));
  }
  for (const fs::path& from : {tokenizer, path, base}) {
    if (model.chat.templates.empty() && !from.empty()) model.chat = load_chat_settings(from);
  }
  return model;
}

LanguageModel load_language_model(Context& context, const kernels::Kernels& kernels,
                                  const fs::path& path, const LoadOptions& options) {
  const bool is_adapter = fs::exists(path / "adapter_config.json");
  const auto weights = std::make_shared<const DecoderTensors>(
      open_model(is_adapter ? base_of_adapter(path) : path, Reading::kAtOnce));
  const size_t positions = std::min(weights->config.max_position_embeddings, kPlannedPositions);
  check_fits(memory_need(*weights, positions), available_memory_bytes(), path.string());
  std::shared_ptr<const LoraAdapter> adapter;
  if (is_adapter) adapter = load_ready_adapter(context, path, *weights);
  LanguageModel model = as_language_model(weights, adapter, path, options.tokenizer);
  const std::optional<ParityRecord> record = read_parity(path);
  if (!record) return model;
  model.trained_with = record->style;
  if (options.tokenizer.empty() && !options.unverified) {
    verify_parity(context, kernels, model, *record, path);
  }
  return model;
}

}  // namespace twin
