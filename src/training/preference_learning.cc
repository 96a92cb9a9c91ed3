#include "training/preference_learning.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "training/preference_probe.h"
#include "training/reference_cache.h"

namespace twin {
namespace {

// For the figures before and after: about this many tokens.
std::vector<PreferencePair> some_of(std::span<const PreferencePair> pairs) {
  constexpr size_t kProbeTokens = 20000;
  size_t tokens = 0;
  for (const PreferencePair& pair : pairs) {
    tokens += pair.chosen.tokens.size() + pair.rejected.tokens.size();
  }
  const size_t stride = tokens / kProbeTokens + 1;
  std::vector<PreferencePair> sample;
  for (size_t i = 0; i < pairs.size(); i += stride) sample.push_back(pairs[i]);
  return sample;
}

Json to_json(const PreferenceFigures& figures) {
  return {{"loss", figures.loss}, {"margin", figures.margin}, {"accuracy", figures.accuracy}};
}

}  // namespace

void add_to_key(KeyHasher& key, const PreferenceTuning& options) {
  key.add(options.validation_share);
  for (const size_t value : {options.context, options.validate_every, options.patience,
                             static_cast<size_t>(options.preference.loss)}) {
    key.add(static_cast<long long>(value));
  }
  for (const float value : {options.preference.beta, options.preference.label_smoothing,
                            options.preference.sft_weight}) {
    key.add(static_cast<double>(value));
  }
  add_to_key(key, static_cast<const FineTuning&>(options));
}

LearningRun preference_run(const PreferenceTuning& options, std::filesystem::path folder,
                           std::string key) {
  return {options.lora ? "DPO (LoRA)" : "DPO (all weights)",
          std::move(folder),
          std::move(key),
          {{"rewards/margins", "margin"}, {"rewards/accuracies", "accuracy"}}};
}

PreferenceObjective objective_to_forecast(const PreferenceData& data,
                                          const PreferenceTuning& options) {
  return {data.training, std::vector<PairLogProbs>(data.training.size()), options.preference,
          data.name_of};
}

TrainerOptions preference_trainer(const Objective& objective, const DecoderConfig& config,
                                  const PreferenceTuning& options) {
  return trainer_options(
      options, config,
      steps_for_epochs(objective, options.batch_tokens, options.epochs, options.accumulate));
}

Json learn_preferences(Context& context, const kernels::Kernels& kernels, const Trainee& trainee,
                       const PreferenceData& data, const PreferenceTuning& options,
                       const PreferenceReference& reference, const LearningRun& run) {
  PreferenceObjective unmeasured = objective_to_forecast(data, options);
  const TrainerOptions trainer = preference_trainer(unmeasured, trainee.config(), options);
  const size_t epoch = steps_for_epochs(unmeasured, options.batch_tokens, 1, options.accumulate);
  forecast_run(context, kernels, trainee, unmeasured, trainer, run);

  PreferenceObjective objective(
      data.training,
      cached_reference(context, kernels, trainee.tensors(), reference.adapter,
                       reference.fingerprint, data.training, options.batch_tokens,
                       trainer.pass.compute, run.folder),
      options.preference, data.name_of);
  const auto probe_of = [&](std::vector<PreferencePair> some) {
    return PreferenceProbe(context, kernels, trainee, reference.adapter, std::move(some),
                           options.preference, options.batch_tokens);
  };
  const PreferenceProbe training = probe_of(some_of(data.training));
  const PreferenceProbe held_out = probe_of({data.validation.begin(), data.validation.end()});
  const auto measure = [&](const PreferenceProbe& probe) {
    return probe.measure(context, kernels, trainee);
  };
  Validator validator;
  if (!data.validation.empty()) {
    validator.every = options.validate_every > 0 ? options.validate_every : epoch;
    validator.patience = options.patience;
    validator.measure = [&] { return Validation{measure(held_out).loss, 0}; };
  }
  const bool is_first = context.processes.is_first();
  const PreferenceFigures before = is_first ? measure(training) : PreferenceFigures();
  const TrainingEnd end = learn(context, kernels, trainee, objective, trainer, run, validator);
  if (!is_first) return {};
  const PreferenceFigures after = measure(training);
  Json record = {{"steps", end.steps},
                 {"stopped_early", end.stopped_early},
                 {"preference", {{"before", to_json(before)}, {"after", to_json(after)}}}};
  if (end.best_step > 0) {
    record["validation"] = to_json(measure(held_out));
    record["validation"]["best_step"] = end.best_step;
  }
  return record;
}

}  // namespace twin
