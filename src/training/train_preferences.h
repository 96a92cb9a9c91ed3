#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "base/context.h"
#include "base/json.h"
#include "engine/kernels/kernels.h"
#include "training/datasets/render_examples.h"
#include "training/preference_learning.h"
#include "training/preview_text.h"

namespace twin {

// Direct preference optimisation of any model on any file of pairs. The reference is the base with
// no adapter, also where the training goes on from one.
struct PreferenceTraining : PreferenceTuning {
  std::filesystem::path base;        // as load_language_model() takes it, but no adapter
  std::filesystem::path data;        // as read_pairs() takes it
  std::filesystem::path validation;  // another such file; empty: see validation_share
  std::optional<PromptTemplate> style;
  bool skip_equal = false;       // pairs with the same answer twice are left out, and counted
  std::filesystem::path output;  // the result's folder
  std::filesystem::path run;     // checkpoints, metrics, the reference's log-probabilities
};

// Trains and puts the adapter or model in its place with its run.json; does nothing where the same
// was done before (false). Killed or stopped, it goes on from its last checkpoint.
// Errors: those of read_pairs(), render_pairs(), Trainer::run(); kUsage for a base that is an
// adapter, or an adapter to go on from where all weights are trained; kDoesNotFit, before it
// starts, with the numbers.
bool train_on_preferences(Context& context, const kernels::Kernels& kernels,
                          const PreferenceTraining& options);

// What train_on_preferences() would do, without doing it: as preview_training().
Json preview_preferences(Context& context, const kernels::Kernels& kernels,
                         const PreferenceTraining& options, const PreviewOptions& preview,
                         std::string& text);

}  // namespace twin
