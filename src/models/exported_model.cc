#include "models/exported_model.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "engine/formats/gguf_writer.h"
#include "models/model_chat.h"
#include "models/parity.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

bool is_chat(PromptTemplate style) {
  return style == PromptTemplate::kChat || style == PromptTemplate::kAlpaca;
}

}  // namespace

Drift export_trained(Context& context, const kernels::Kernels& kernels,
                     const LanguageModel& trained, ModelToExport model,
                     const ExportTarget& target) {
  if (fs::exists(target.path)) {
    throw Error(ErrorCode::kUsage, fmt::format("{}: is there already; name a new file or folder",
                                               target.path.string()));
  }
  const PromptTemplate style = trained.trained_with.value_or(
      trained.chat.find_template(false) != nullptr ? PromptTemplate::kChat
                                                   : PromptTemplate::kPlain);
  if (style == PromptTemplate::kAlpaca) model.chat_template = *trained.chat.find_template(false);
  if (is_chat(style)) {
    model.end_of_turn = ModelChat(*trained.tokenizer, trained.chat, "export").end_of_turn();
  }
  const ParityRecord before = make_parity(context, kernels, trained, style, {});

  const fs::path path = fs::absolute(target.path).lexically_normal();
  const AtomicFolder bench(path.string() + ".export");  // never moved as a whole
  const fs::path made = bench.building() / path.filename();
  if (target.gguf) {
    // The record follows from the file it stands in: room for the same prompts, and more.
    constexpr size_t kMore = 4096;
    model.metadata[kParityKey] = std::string(parity_json(before).size() + kMore, ' ');
    export_gguf(context, model, target.types, made);
  } else {
    export_folder(context, model, target.types, made);
  }

  model.tensors = {};  // may be all of it in f32
  Drift drift;
  {
    const LanguageModel after = load_language_model(context, kernels, made, {.unverified = true});
    ParityRecord record = make_parity(context, kernels, after, style, made);
    if (record.prompts() != before.prompts()) {
      context.log.warning(fmt::format(
          "{}: the same prompts give other token ids than in training; do not rely on it",
          target.path.string()));
    }
    drift =
        measure_drift(context, kernels, trained, after, before.prompts(), before.continuations());
    record.drift = drift;
    if (target.gguf) {
      fill_gguf_text(made, kParityKey, parity_json(record));
    } else {
      write_file_atomic(made / "parity.json", parity_json(record) + '\n');
    }
  }
  fs::rename(made, path);
  return drift;
}

}  // namespace twin
