#include "training/tuning_run.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/random.h"
#include "engine/formats/export_model.h"
#include "engine/formats/model_folder.h"
#include "models/parity.h"

namespace twin {

namespace fs = std::filesystem;

LanguageModel load_tuning_base(Context& context, const kernels::Kernels& kernels,
                               const fs::path& path, const fs::path& adapter) {
  if (fs::exists(path / "adapter_config.json")) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{}: an adapter; merge it into its base first (`twin models merge`)",
                            path.string()));
  }
  LanguageModel base = load_language_model(context, kernels, path);
  const std::optional<ParityRecord> record = adapter.empty() ? std::nullopt : read_parity(adapter);
  if (record) {
    const fs::path tokenizer = has_tokenizer(adapter) ? adapter : path;
    const LanguageModel start = as_language_model(
        base.weights, load_ready_adapter(context, adapter, *base.weights), adapter, tokenizer);
    verify_parity(context, kernels, start, *record, adapter);
  }
  return base;
}

size_t context_of(const DecoderConfig& config, size_t wanted) {
  const size_t positions = config.max_position_embeddings;
  if (wanted > positions) {
    throw Error(ErrorCode::kUsage,
                fmt::format("a context of {} tokens; the model has {}", wanted, positions));
  }
  return wanted > 0 ? wanted : positions;
}

namespace {

std::chrono::seconds begin_of_this_run(Context& context, const fs::path& folder, bool keep) {
  const fs::path file = folder / "begun.json";
  if (keep && fs::exists(file)) {
    const Json json = parse_json(read_file(file, 1 << 16), file.string());
    if (json.is_object() && json.contains("seconds") && json["seconds"].is_number_integer()) {
      return std::chrono::seconds(json["seconds"].get<int64_t>());
    }
  }
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(context.clock.now().time_since_epoch());
  if (keep) write_file_atomic(file, dump_json(Json{{"seconds", now.count()}}) + '\n');
  return now;
}

}  // namespace

std::chrono::system_clock::time_point begin_of_run(Context& context, const fs::path& folder,
                                                   bool keep) {
  std::chrono::seconds begin{};
  if (context.processes.is_first()) begin = begin_of_this_run(context, folder, keep);
  context.processes.broadcast(std::as_writable_bytes(std::span(&begin, 1)));
  return std::chrono::system_clock::time_point(begin);
}

std::vector<bool> draw_share(size_t count, double share, uint64_t seed) {
  const auto wanted = static_cast<size_t>(share * static_cast<double>(count) + 0.5);
  std::vector<bool> drawn(count);
  if (wanted == 0) return drawn;
  if (wanted >= count) {
    throw Error(
        ErrorCode::kUsage,
        fmt::format("a validation share of {} leaves none of {} samples to learn", share, count));
  }
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  Random random(seed);
  random.shuffle(std::span(order));
  for (size_t i = 0; i < wanted; ++i) drawn[order[i]] = true;
  return drawn;
}

void save_tuned(Context& context, const kernels::Kernels& kernels, TunedModel& tuned,
                const LanguageModel& base, const fs::path& path, PromptTemplate style,
                const fs::path& folder) {
  std::optional<std::string> chat_template;
  if (style == PromptTemplate::kAlpaca) chat_template = alpaca_chat_template(*base.tokenizer);
  if (!tuned.adapter()) {
    fs::remove_all(folder);
    export_folder(context, {tuned.trainee().tensors(), base.tokenizer, path, chat_template},
                  WeightTypes::kKeep, folder);
  } else {
    tuned.save(folder, fs::absolute(path).lexically_normal().string());
    for (const char* name : {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
                             "chat_template.jinja", "generation_config.json"}) {
      const fs::path file = path / name;
      if (fs::exists(file)) write_file_atomic(folder / name, read_file(file));
    }
    if (chat_template) write_chat_template(folder, *chat_template);
  }
  const LanguageModel model = as_language_model(
      std::make_shared<const DecoderTensors>(tuned.trainee().tensors()), tuned.adapter(), folder);
  write_parity(context, kernels, model, style, folder);
}

}  // namespace twin
