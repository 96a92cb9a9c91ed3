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
#include "training/preference_probe.h"
#include "training/reference_cache.h"
#include "training/run_record.h"
#include "training/train.h"
#include "training/tuning_run.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// Part of every key: a new number where the same inputs would give another result.
constexpr long long kVersion = 1;

// The pairs of both sides, as the model sees them.
struct Pairs {
  PairFile file;
  RenderedPairs training, validation;
  size_t context = 0;
};

Pairs read(Context& context, const LanguageModel& base, const PreferenceTraining& options,
           bool preview) {
  Pairs pairs;
  pairs.file = read_pairs(options.data);
  std::vector<Example>&chosen = pairs.file.chosen.examples,
  &rejected = pairs.file.rejected.examples;
  PairFile other;
  if (!options.validation.empty()) {
    other = read_pairs(options.validation);
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
  render.now = begin_of_run(context, options.run, !preview);
  pairs.training = render_pairs(context, base, pairs.file, chosen, rejected, render);
  if (!other.chosen.examples.empty()) {
    pairs.validation =
        render_pairs(context, base, other, other.chosen.examples, other.rejected.examples, render);
  }
  return pairs;
}

Json describe(const Pairs& pairs) {
  const RenderedPairs& training = pairs.training;
  return {{"kind", name_of(pairs.file.chosen.kind)},
          {"template", name_of(training.style)},
          {"pairs", training.pairs.size()},
          {"validation_pairs", pairs.validation.pairs.size()},
          {"empty_lines", pairs.file.chosen.empty_lines},
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
  key.add(options.validation_share);
  key.add(options.style ? name_of(*options.style) : "default");
  for (const size_t value : {options.context, options.validate_every, options.patience,
                             static_cast<size_t>(options.preference.loss)}) {
    key.add(static_cast<long long>(value));
  }
  for (const float value : {options.preference.beta, options.preference.label_smoothing,
                            options.preference.sft_weight}) {
    key.add(static_cast<double>(value));
  }
  add_to_key(key, options);
  return key.finish();
}

LearningRun run_of(const PreferenceTraining& options, std::string key) {
  return {options.lora ? "DPO (LoRA)" : "DPO (all weights)",
          options.run,
          std::move(key),
          {{"rewards/margins", "margin"}, {"rewards/accuracies", "accuracy"}}};
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

// For the figures before and after: about this many tokens.
std::vector<PreferencePair> some_of(const RenderedPairs& pairs) {
  constexpr size_t kProbeTokens = 20000;
  const size_t stride = pairs.tokens / kProbeTokens + 1;
  std::vector<PreferencePair> sample;
  for (size_t i = 0; i < pairs.pairs.size(); i += stride) sample.push_back(pairs.pairs[i]);
  return sample;
}

Json to_json(const PreferenceFigures& figures) {
  return {{"loss", figures.loss}, {"margin", figures.margin}, {"accuracy", figures.accuracy}};
}

// Before the reference is known: it changes neither time nor memory.
PreferenceObjective objective_to_forecast(const Pairs& pairs, const PreferenceTraining& options) {
  return {pairs.training.pairs, std::vector<PairLogProbs>(pairs.training.pairs.size()),
          options.preference, line_names(pairs)};
}

TrainerOptions trainer_for(const Objective& objective, const LanguageModel& base,
                           const PreferenceTraining& options) {
  return trainer_options(
      options, base.weights->config,
      steps_for_epochs(objective, options.batch_tokens, options.epochs, options.accumulate));
}

}  // namespace

bool train_on_preferences(Context& context, const kernels::Kernels& kernels,
                          const PreferenceTraining& options) {
  check(options);
  const std::string model = model_fingerprint(options.base);
  const LearningRun run = run_of(options, key_of(options, model));
  if (is_made_from(options.output, run.key)) return false;
  LanguageModel base = load_tuning_base(context, kernels, options.base);
  const Pairs pairs = read(context, base, options, false);
  report(context, pairs);
  PreferenceObjective unmeasured = objective_to_forecast(pairs, options);
  const TrainerOptions trainer = trainer_for(unmeasured, base, options);
  const size_t epoch = steps_for_epochs(unmeasured, options.batch_tokens, 1, options.accumulate);

  TunedModel tuned(context, base, options.base, options, run);
  const Trainee trainee = tuned.trainee();
  base.weights.reset();  // one copy is enough
  forecast_run(context, kernels, trainee, unmeasured, trainer, run);

  // Where all weights are trained, they are f32 of their own: another model's, to the last bit.
  const std::string reference = model + (options.lora ? "" : " as f32");
  PreferenceObjective objective(
      pairs.training.pairs,
      cached_reference(context, kernels, trainee.tensors(), reference, pairs.training.pairs,
                       options.batch_tokens, trainer.pass.compute, options.run),
      options.preference, line_names(pairs));

  const auto probe_of = [&](std::vector<PreferencePair> some) {
    return PreferenceProbe(context, kernels, trainee, std::move(some), options.preference,
                           options.batch_tokens);
  };
  const PreferenceProbe training = probe_of(some_of(pairs.training));
  const PreferenceProbe held_out = probe_of(pairs.validation.pairs);
  const auto measure = [&](const PreferenceProbe& probe) {
    return probe.measure(context, kernels, trainee);
  };
  Validator validator;
  if (!pairs.validation.pairs.empty()) {
    validator.every = options.validate_every > 0 ? options.validate_every : epoch;
    validator.patience = options.patience;
    validator.measure = [&] { return Validation{measure(held_out).loss, 0}; };
  }
  const PreferenceFigures before = measure(training);
  const TrainingEnd end = learn(context, kernels, trainee, objective, trainer, run, validator);
  const PreferenceFigures after = measure(training);

  AtomicFolder folder(fs::absolute(options.output));
  save_tuned(context, tuned, base, options.base, folder.building());
  Json record = {{"key", run.key},
                 {"kind", "dpo"},
                 {"method", options.lora ? "lora" : "full"},
                 {"base", options.base.string()},
                 {"data", options.data.string()},
                 {"dataset", describe(pairs)},
                 {"steps", end.steps},
                 {"stopped_early", end.stopped_early},
                 {"preference", {{"before", to_json(before)}, {"after", to_json(after)}}}};
  if (!options.adapter.empty()) record["adapter"] = options.adapter.string();
  if (end.best_step > 0) {
    record["validation"] = to_json(measure(held_out));
    record["validation"]["best_step"] = end.best_step;
  }
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

  PreferenceObjective objective = objective_to_forecast(pairs, options);
  const TrainerOptions trainer = trainer_for(objective, base, options);
  TunedModel tuned(context, base, options.base, options, run_of(options, ""));
  json.update(preview_forecast(context, kernels, tuned.trainee(), objective, trainer, text));
  return json;
}

}  // namespace twin
