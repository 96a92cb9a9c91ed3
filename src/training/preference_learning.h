#pragma once

#include <functional>
#include <span>
#include <string>

#include "base/context.h"
#include "base/json.h"
#include "engine/kernels/kernels.h"
#include "engine/learn/preference.h"
#include "training/fine_tuning.h"

namespace twin {

// How anything is trained on pairs.
struct PreferenceTuning : FineTuning {
  PreferenceOptions preference;
  double validation_share = 0;  // of the pairs, drawn by the seed, where no others are given
  size_t validate_every = 0;    // steps; 0: once an epoch
  size_t patience = 0;          // as Validator's
  size_t context = 0;           // longest prompt with an answer; 0: what the model holds
};

// Everything of it that the result depends on.
void add_to_key(KeyHasher& key, const PreferenceTuning& options);

// Pairs to learn and to validate on, ready for the model. Views.
struct PreferenceData {
  std::span<const PreferencePair> training, validation;
  std::function<std::string(size_t)> name_of;  // of a training pair, for errors
};

// What the policy is held against: the trainee's weights with `adapter` as it is before training
// (null: without one), known as `fingerprint`.
struct PreferenceReference {
  std::string fingerprint;
  const LoraAdapter* adapter = nullptr;
};

LearningRun preference_run(const PreferenceTuning& options, std::filesystem::path folder,
                           std::string key);

// The objective before the reference is known, for a forecast: it changes neither time nor memory.
PreferenceObjective objective_to_forecast(const PreferenceData& data,
                                          const PreferenceTuning& options);
TrainerOptions preference_trainer(const Objective& objective, const DecoderConfig& config,
                                  const PreferenceTuning& options);

// Forecasts, measures the reference (kept in the run's folder), trains to the end. Returns what of
// it goes into the run record: "steps", "stopped_early", "preference" with "before" and "after"
// and, where there is any, "validation". Errors: kDoesNotFit; those of Trainer::run().
Json learn_preferences(Context& context, const kernels::Kernels& kernels, const Trainee& trainee,
                       const PreferenceData& data, const PreferenceTuning& options,
                       const PreferenceReference& reference, const LearningRun& run);

}  // namespace twin
