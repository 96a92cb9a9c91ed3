#include "training/train_examples.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "engine/learn/next_token.h"
#include "engine/learn/sequence_loss.h"
#include "training/datasets/copied_share.h"
#include "training/datasets/read_examples.h"
#include "training/datasets/show_tokens.h"
#include "training/learning_run.h"
#include "training/preview_text.h"
#include "training/run_record.h"
#include "training/train.h"
#include "training/tuning_run.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// Part of every key: a new number where the same inputs would give another result.
constexpr long long kVersion = 2;

// The samples of both sides, as the model sees them.
struct Samples {
  ExampleFile file;
  RenderedExamples training, validation;
  size_t max_tokens = 0;
};

// Draws a share of the examples for validation.
std::vector<Example> draw_validation(std::vector<Example>& examples, double share, uint64_t seed) {
  return take_drawn(examples, draw_share(examples.size(), share, seed));
}

Samples read_samples(Context& context, const LanguageModel& base, const ExampleTraining& options,
                     bool preview) {
  Samples samples;
  samples.file = read_examples(options.data);
  ExampleFile validation_file;
  if (!options.validation.empty()) {
    validation_file = read_examples(options.validation);
  } else {
    validation_file = samples.file;
    validation_file.examples = samples.file.held_out;
    if (options.validation_share > 0) {
      validation_file.examples =
          draw_validation(samples.file.examples, options.validation_share, options.seed);
    }
  }
  RenderOptions render;
  render.style = options.style;
  render.loss_on_all = options.loss_on_all;
  render.truncate = options.truncate || preview;
  render.now = begin_of_run(context, options.run, !preview);
  samples.max_tokens =
      std::min(context_of(base.weights->config, options.context), options.batch_tokens);
  render.max_tokens = samples.max_tokens;
  samples.training = render_examples(context, base, samples.file, samples.file.examples, render);
  if (!validation_file.examples.empty()) {
    samples.validation =
        render_examples(context, base, validation_file, validation_file.examples, render);
  }
  return samples;
}

Json describe(const Samples& samples) {
  const RenderedExamples& training = samples.training;
  return {{"kind", name_of(samples.file.kind)},
          {"template", name_of(training.style)},
          {"samples", training.sequences.size()},
          {"validation_samples", samples.validation.sequences.size()},
          {"empty_lines", samples.file.empty_lines},
          {"tokens", training.tokens},
          {"learnt_tokens", training.learnt_tokens},
          {"context", samples.max_tokens},
          {"truncated", training.truncated},
          {"nothing_left", training.nothing_left.size()},
          {"joined", training.joined},
          {"changed", training.changed}};
}

// What a reader of the log should not have to look for.
void report(Context& context, const Samples& samples) {
  const RenderedExamples& training = samples.training;
  const auto say = [&](size_t count, const char* what) {
    if (count > 0) context.log.warning(fmt::format("{} samples {}", count, what));
  };
  if (samples.file.empty_lines > 0) {
    context.log.info(
        fmt::format("{}: {} empty lines skipped", samples.file.name, samples.file.empty_lines));
  }
  say(training.truncated, "are longer than the context and are cut at the end (--truncate)");
  say(training.nothing_left.size(), "are left out: what there is to learn in them was cut off");
  say(training.joined,
      "have a token that joins the prompt's end and the completion's begin; it is learnt");
  say(training.changed,
      "have a message that the chat template does not show as it stands (the preview shows them)");
}

std::string key_of(const ExampleTraining& options) {
  KeyHasher key;
  key.add("examples").add(kVersion).add(model_fingerprint(options.base));
  for (const fs::path& file : {options.data, options.validation}) {
    if (file.empty()) {
      key.add("");
    } else {
      key.add(MappedFile(file).bytes());
    }
  }
  key.add(options.validation_share);
  key.add(options.style ? name_of(*options.style) : "default");
  for (const size_t value :
       {static_cast<size_t>(options.loss_on_all), static_cast<size_t>(options.truncate),
        options.context, options.validate_every, options.patience}) {
    key.add(static_cast<long long>(value));
  }
  key.add(options.max_copied_share);
  add_to_key(key, options);
  return key.finish();
}

LearningRun run_of(const ExampleTraining& options, std::string key) {
  return {options.lora ? "SFT (LoRA)" : "SFT (all weights)", options.run, std::move(key)};
}

std::function<std::string(size_t)> line_names(const Samples& samples) {
  const char* unit = samples.file.lines ? "line" : "sample";
  return [&samples, unit](size_t index) {
    return fmt::format("{} {}", unit, samples.training.lines[index]);
  };
}

// About this many tokens give a loss to two digits, in seconds.
std::vector<TrainingSequence> some_of(const RenderedExamples& examples) {
  constexpr size_t kLossTokens = 20000;
  const size_t stride = examples.tokens / kLossTokens + 1;
  std::vector<TrainingSequence> sample;
  for (size_t i = 0; i < examples.sequences.size(); i += stride) {
    sample.push_back(examples.sequences[i]);
  }
  return sample;
}

}  // namespace

bool train_on_examples(Context& context, const kernels::Kernels& kernels,
                       const ExampleTraining& options) {
  const LearningRun run = run_of(options, key_of(options));
  if (is_made_from(options.output, run.key)) return false;
  LanguageModel base = load_tuning_base(context, kernels, options.base, options.adapter);
  const Samples samples = read_samples(context, base, options, false);
  report(context, samples);
  NextTokenObjective objective(samples.training.sequences, line_names(samples));
  if (objective.size() == 0) throw nothing_to_train_on();
  const size_t epoch = steps_for_epochs(objective, options.batch_tokens, 1, options.accumulate);
  const TrainerOptions trainer = trainer_options(
      options, base.weights->config,
      steps_for_epochs(objective, options.batch_tokens, options.epochs, options.accumulate));

  TunedModel tuned(context, base, options.base, options, run);
  const Trainee trainee = tuned.trainee();
  base.weights.reset();  // one copy is enough
  forecast_run(context, kernels, trainee, objective, trainer, run);

  const auto loss_on = [&](std::span<const TrainingSequence> sequences) {
    return evaluate_loss(context, kernels, trainee.tensors(), trainee.adapter(), sequences,
                         options.batch_tokens);
  };
  Validator validator;
  std::unique_ptr<CopiedShare> copies;
  if (!samples.validation.sequences.empty()) {
    validator.every = options.validate_every > 0 ? options.validate_every : epoch;
    validator.patience = options.patience;
    validator.max_copied_share = options.max_copied_share;
    if (options.max_copied_share < 1) {
      copies = std::make_unique<CopiedShare>(*base.tokenizer, samples.training.sequences,
                                             samples.validation.sequences);
    }
    validator.measure = [&] {
      Validation found{loss_on(samples.validation.sequences), 0};
      if (copies) {
        found.copied_share = copies->measure(context, kernels, trainee.tensors(), tuned.adapter());
      }
      return found;
    };
  }
  const std::vector<TrainingSequence> sample = some_of(samples.training);
  const double before = context.processes.is_first() ? loss_on(sample) : 0;
  const TrainingEnd end = learn(context, kernels, trainee, objective, trainer, run, validator);
  if (!context.processes.is_first()) return true;  // which writes the result
  const double after = loss_on(sample);

  const fs::path output = fs::absolute(options.output);
  AtomicFolder folder(output);
  save_tuned(context, kernels, tuned, base, options.base, samples.training.style,
             folder.building());
  Json record = {{"key", run.key},
                 {"kind", "sft"},
                 {"method", options.lora ? "lora" : "full"},
                 {"base", options.base.string()},
                 {"data", options.data.string()},
                 {"dataset", describe(samples)},
                 {"steps", end.steps},
                 {"stopped_early", end.stopped_early},
                 {"training_loss", {{"before", before}, {"after", after}}}};
  if (end.best_step > 0) {
    record["validation"] = {{"best_step", end.best_step}, {"loss", end.best_loss}};
  }
  write_run_record(folder.building(), record);
  folder.commit();
  finish_run(run);
  return true;
}

Json preview_training(Context& context, const kernels::Kernels& kernels,
                      const ExampleTraining& options, const PreviewOptions& preview,
                      std::string& text) {
  const LanguageModel base = load_tuning_base(context, kernels, options.base);
  const Samples samples = read_samples(context, base, options, true);
  const RenderedExamples& training = samples.training;
  if (training.sequences.empty()) throw nothing_to_train_on();
  const char* unit = samples.file.lines ? "line" : "sample";

  text = preview_legend(preview.color);
  const size_t count = std::min(preview.shown, training.sequences.size());
  for (size_t i = 0; i < count; ++i) {
    const TrainingSequence& sequence = training.sequences[i];
    const auto learnt =
        std::count(sequence.loss_mask.begin() + 1, sequence.loss_mask.end(), uint8_t{1});
    text += fmt::format("\n{} {}: {} tokens, {} of them learnt\n{}\n", unit, training.lines[i],
                        training.lengths[i], learnt,
                        show_tokens(*base.tokenizer, sequence, preview.color));
    if (training.lengths[i] > samples.max_tokens) {
      text += fmt::format("... the last {} tokens do not fit\n",
                          training.lengths[i] - samples.max_tokens);
    }
  }
  text += fmt::format(
      "\n{}: {} samples ({}) through the template '{}', {} for validation; {} tokens, {} of them "
      "learnt{}\nLength in tokens:\n",
      samples.file.name, training.sequences.size(), name_of(samples.file.kind),
      name_of(training.style), samples.validation.sequences.size(), training.tokens,
      training.learnt_tokens,
      samples.file.empty_lines > 0 ? fmt::format("; {} empty lines", samples.file.empty_lines)
                                   : std::string());
  Json lengths;
  text += length_bars(training.lengths, lengths);
  std::vector<size_t> too_long;
  for (size_t i = 0; i < training.lengths.size(); ++i) {
    if (training.lengths[i] > samples.max_tokens) too_long.push_back(training.lines[i]);
  }
  if (!too_long.empty() || !training.nothing_left.empty()) {
    const std::vector<size_t> first(
        too_long.begin(),
        too_long.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(10, too_long.size())));
    text += fmt::format(
        "{} samples are longer than the {} tokens that fit ({}s {}{}); training {}\n",
        too_long.size() + training.nothing_left.size(), samples.max_tokens, unit,
        fmt::join(first, ", "), too_long.size() > first.size() ? ", ..." : "",
        options.truncate ? "cuts them at the end" : "refuses them, unless told to --truncate");
  }
  if (training.joined > 0) {
    text +=
        fmt::format("{} samples have a token that joins prompt and completion\n", training.joined);
  }
  if (training.changed > 0) {
    text += fmt::format("{} samples have a message that the template does not show as it stands\n",
                        training.changed);
  }

  NextTokenObjective objective(training.sequences, line_names(samples));
  const TrainerOptions trainer = trainer_options(
      options, base.weights->config,
      steps_for_epochs(objective, options.batch_tokens, options.epochs, options.accumulate));
  TunedModel tuned(context, base, options.base, options, run_of(options, ""));
  const Json expected =
      preview_forecast(context, kernels, tuned.trainee(), objective, trainer, text);

  Json json = describe(samples);
  json["lengths"] = lengths;
  json["too_long_lines"] = too_long;
  json.update(expected);
  return json;
}

}  // namespace twin
