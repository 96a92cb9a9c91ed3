#include "cli/writing_settings.h"

#include <fmt/format.h>

#include "base/error.h"
#include "cli/search_models.h"
#include "cli/training_settings.h"
#include "training/train_own_preferences.h"

namespace twin {

SamplingOptions sampling_settings(Session& session) {
  const auto checked = [&](const char* key, double low, double high) {
    const double value = session.settings().number(key);
    if (!(value >= low && value <= high)) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("setting {} is {}; expected {} to {}", key, value, low, high));
    }
    return static_cast<float>(value);
  };
  SamplingOptions options;
  options.temperature = checked("write.temperature", 0, 100);
  options.top_p = checked("write.top_p", 0, 1);
  options.top_k = size_setting(session, "write.top_k", 0, 1 << 20);
  options.max_new_tokens = size_setting(session, "write.max_new_tokens", 1, 1 << 20);
  options.seed = static_cast<uint64_t>(session.settings().integer("write.seed"));
  return options;
}

WriteOptions write_settings(Session& session) {
  WriteOptions options;
  options.sampling = sampling_settings(session);
  options.words = size_setting(session, "write.words", 0, 100'000);
  options.retrieval.k = size_setting(session, "write.k", 1, 1000);
  options.retrieval.filter.author_id = session.author().id;
  options.retrieval.stages = retrieval_stages(session);
  options.retrieval.min_similarity = min_similarity(session);
  options.privacy = privacy_allowance(session.settings().text("privacy.allow"));
  return options;
}

std::filesystem::path current_dpo_model(Session& session) {
  const Workspace& workspace = session.workspace();
  const DpoState state = dpo_state(workspace.sft_model(), workspace.dpo_model());
  if (state == DpoState::kStale) {
    session.context().log.warning(
        "models/dpo was made from another models/sft and is not used; `twin train dpo` makes it "
        "anew");
  }
  return state == DpoState::kCurrent ? workspace.dpo_model() : std::filesystem::path();
}

std::unique_ptr<TextGenerator> workspace_generator(Session& session) {
  const std::filesystem::path dpo = current_dpo_model(session);
  const std::filesystem::path folder = dpo.empty() ? session.workspace().sft_model() : dpo;
  if (!std::filesystem::exists(folder)) {
    throw Error(ErrorCode::kUsage,
                "no model of the author yet; `twin train tokenizer`, `twin train base` and `twin "
                "train sft` make one");
  }
  return make_local_generator(session.context(), session.kernels(),
                              load_language_model(session.context(), session.kernels(), folder),
                              dpo.empty() ? "sft" : "dpo");
}

}  // namespace twin
