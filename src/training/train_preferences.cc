#include "training/train_preferences.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "training/datasets/render_pairs.h"
#include "training/datasets/show_tokens.h"
#include "training/learning_run.h"
#include "training/run_record.h"
#include "training/train.h"
#include "training/tuning_run.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// Part of every key: a new number where the same inputs would give another result.
constexpr long long kVersion = 2;

// The pairs of both sides, as the model sees them.
struct Pairs {
  PairFile file;
  RenderedPairs training, validation;
  size_t context = 0;
  size_t equal = 0;  // left out
};

Pairs read(Context& context, const LanguageModel& base, const PreferenceTraining& options,
           bool preview) {
  Pairs pairs;
  pairs.file = read_pairs(options.data, {}, options.skip_equal);
  std::vector<Example>&chosen = pairs.file.chosen.examples,
  &rejected = pairs.file.rejected.examples;
  PairFile other;
  if (!options.validation.empty()) {
    other = read_pairs(options.validation, {}, options.skip_equal);
    pairs.equal += other.equal.size();
  } else {
    other = pairs.file;
    other.chosen.examples = pairs.file.chosen.held_out;
    other.rejected.examples = pairs.file.rejected.held_out;
    if (options.validation_share > 0) {
      const std::vector<bool> drawn =
          draw_share(chosen.size(), options.validation_share, options.seed);
      other.chosen.examples = take_drawn(chosen, drawn);
      other.rejected.examples = take_drawn(rejected, drawn);
    }
  }
  PairRenderOptions render;
  render.style = options.style;
  render.context = pairs.context = context_of(base.weights->config, options.context);
  render.batch_tokens = options.batch_tokens;
  render.leave_out_long = preview;
  render.skip_equal = options.skip_equal;
  render.now = begin_of_run(context, options.run, !preview);
  pairs.training = render_pairs(context, base, pairs.file, chosen, rejected, render);
  if (!other.chosen.examples.empty()) {
    pairs.validation =
        render_pairs(context, base, other, other.chosen.examples, other.rejected.examples, render);
  }
  pairs.equal +=
      pairs.file.equal.size() + pairs.training.equal.size() + pairs.validation.equal.size();
  return pairs;
}

Json describe(const Pairs& pairs) {
  const RenderedPairs& training = pairs.training;
  return {{"kind", name_of(pairs.file.chosen.kind)},
          {"template", name_of(training.style)},
          {"pairs", training.pairs.size()},
          {"validation_pairs", pairs.validation.pairs.size()},
          {"empty_lines", pairs.file.chosen.empty_lines},
          {"equal_skipped", pairs.equal},
          {"tokens", training.tokens},
          {"learnt_tokens", training.learnt_tokens},
          {"context", pairs.context},
          {"joined", training.joined},
          {"changed", training.changed}};
}

// What a reader of the log should not have to look for.
void report(Context& context, const Pairs& pairs) {
  const ExampleFile& file = pairs.file.chosen;
  if (file.empty_lines > 0) {
    context.log.info(fmt::format("{}: {} empty lines skipped", file.name, file.empty_lines));
  }
  if (pairs.equal > 0) {
    context.log.info(
        fmt::format("{}: {} pairs of the same answer twice left out", file.name, pairs.equal));
  }
  const auto say = [&](size_t count, const char* what) {
    if (count > 0) context.log.warning(fmt::format("{} answers {}", count, what));
  };
  say(pairs.training.joined,
      "have a token that joins the prompt's end and the answer's begin; it counts");
  say(pairs.training.changed, "have a message that the chat template does not show as it stands");
}

// `model`: the base's fingerprint.
std::string key_of(const PreferenceTraining& options, const std::string& model) {
  KeyHasher key;
  key.add("preferences").add(kVersion).add(model);
  for (const fs::path& file : {options.data, options.validation}) {
    if (file.empty()) {
      key.add("");
    } else {
      key.add(MappedFile(file).bytes());
    }
  }
  key.add(options.style ? name_of(*options.style) : "default");
  if (options.skip_equal) key.add("skip equal");
  add_to_key(key, options);
  return key.finish();
}

std::function<std::string(size_t)> line_names(const Pairs& pairs) {
  const char* unit = pairs.file.chosen.lines ? "line" : "sample";
  return [&pairs, unit](size_t index) {
    return fmt::format("{} {}", unit, pairs.training.lines[index]);
  };
}

void check(const PreferenceTraining& options) {
  if (!options.lora && !options.adapter.empty()) {
    throw Error(ErrorCode::kUsage,
                "an adapter to go on from, but all weights are to be trained; merge it into its "
                "base first (`twin models merge`)");
  }
}

PreferenceData data_of(const Pairs& pairs) {
  return {pairs.training.pairs, pairs.validation.pairs, line_names(pairs)};
}

}  // namespace

bool train_on_preferences(Context& context, const kernels::Kernels& kernels,
                          const PreferenceTraining& options) {
  check(options);
  const std::string model = model_fingerprint(options.base);
  const LearningRun run = preference_run(options, options.run, key_of(options, model));
  if (is_made_from(options.output, run.key)) return false;
  LanguageModel base = load_tuning_base(context, kernels, options.base, options.adapter);
  const Pairs pairs = read(context, base, options, false);
  report(context, pairs);
  TunedModel tuned(context, base, options.base, options, run);
  base.weights.reset();  // one copy is enough
  // Where all weights are trained, they are f32 of their own: another model's, to the last bit.
  const std::string reference = model + (options.lora ? "" : " as f32");
  const Json learnt = learn_preferences(context, kernels, tuned.trainee(), data_of(pairs), options,
                                        {reference, nullptr}, run);
  if (!context.processes.is_first()) return true;  // which writes the result

  AtomicFolder folder(fs::absolute(options.output));
  save_tuned(context, kernels, tuned, base, options.base, pairs.training.style, folder.building());
  Json record = {{"key", run.key},
                 {"kind", "dpo"},
                 {"method", options.lora ? "lora" : "full"},
                 {"base", options.base.string()},
                 {"data", options.data.string()},
                 {"dataset", describe(pairs)}};
  record.update(learnt);
  if (!options.adapter.empty()) record["adapter"] = options.adapter.string();
  write_run_record(folder.building(), record);
  folder.commit();
  finish_run(run);
  return true;
}

Json preview_preferences(Context& context, const kernels::Kernels& kernels,
                         const PreferenceTraining& options, const PreviewOptions& preview,
                         std::string& text) {
  check(options);
  const LanguageModel base = load_tuning_base(context, kernels, options.base);
  const Pairs pairs = read(context, base, options, true);
  const RenderedPairs& training = pairs.training;
  const char* unit = pairs.file.chosen.lines ? "line" : "sample";

  text = preview_legend(preview.color);
  const size_t count = std::min(preview.shown, training.pairs.size());
  for (size_t i = 0; i < count; ++i) {
    const PreferencePair& pair = training.pairs[i];
    text += fmt::format(
        "\n{} {}: {} tokens with chosen, {} with rejected\nchosen: {}\nrejected: "
        "{}\n",
        unit, training.lines[i], pair.chosen.tokens.size(), pair.rejected.tokens.size(),
        show_tokens(*base.tokenizer, pair.chosen, preview.color),
        show_tokens(*base.tokenizer, pair.rejected, preview.color));
  }
  text += fmt::format(
      "\n{}: {} pairs ({}) through the template '{}', {} for validation; {} tokens, {} of them "
      "the answers'{}\nLength in tokens:\n",
      pairs.file.chosen.name, training.pairs.size(), name_of(pairs.file.chosen.kind),
      name_of(training.style), pairs.validation.pairs.size(), training.tokens,
      training.learnt_tokens,
      pairs.file.chosen.empty_lines > 0
          ? fmt::format("; {} empty lines", pairs.file.chosen.empty_lines)
          : std::string());
  Json json = describe(pairs);
  text += length_bars(training.lengths, json["lengths"]);
  json["too_long_lines"] = training.too_long;
  if (!training.too_long.empty()) {
    const size_t shown = std::min<size_t>(10, training.too_long.size());
    text += fmt::format(
        "{} pairs do not fit ({}s {}{}); training refuses them\n", training.too_long.size(), unit,
        fmt::join(training.too_long.begin(),
                  training.too_long.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
        training.too_long.size() > shown ? ", ..." : "");
  }
  if (training.pairs.empty()) return json;

  PreferenceObjective objective = objective_to_forecast(data_of(pairs), options);
  const TrainerOptions trainer = preference_trainer(objective, base.weights->config, options);
  TunedModel tuned(context, base, options.base, options, preference_run(options, options.run, ""));
  json.update(preview_forecast(context, kernels, tuned.trainee(), objective, trainer, text));
  return json;
}

}  // namespace twin
