#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "base/context.h"
#include "base/json.h"
#include "engine/kernels/kernels.h"
#include "training/datasets/render_examples.h"
#include "training/fine_tuning.h"
#include "training/preview_text.h"

namespace twin {

// Fine-tuning of any model on any file of samples.
struct ExampleTraining : FineTuning {
  std::filesystem::path base;        // as load_language_model() takes it, but no adapter
  std::filesystem::path data;        // as read_examples() takes it
  std::filesystem::path validation;  // another such file; empty: see validation_share
  double validation_share = 0;       // of the samples, drawn by the seed, where there is no file
  std::optional<PromptTemplate> style;
  bool loss_on_all = false;
  bool truncate = false;
  size_t context = 0;         // longest sample; 0: what the model and a micro-batch hold
  size_t validate_every = 0;  // steps; 0: once an epoch
  size_t patience = 0;        // as Validator's
  double max_copied_share = 1;
  std::filesystem::path output;  // the result's folder
  std::filesystem::path run;     // checkpoints, metrics
};

// Trains and puts the adapter or model in its place with its run.json; does nothing where the same
// was done before (false). Killed or stopped, it goes on from its last checkpoint.
// Errors: those of read_examples(), render_examples(), Trainer::run(); kUsage for a base that is an
// adapter; kDoesNotFit, before it starts, with the numbers.
bool train_on_examples(Context& context, const kernels::Kernels& kernels,
                       const ExampleTraining& options);

// What train_on_examples() would do, without doing it: some samples token by token, what is learnt
// of them, how long all are and what would be cut; steps, time and memory. `text` receives it for
// people; returns the figures.
Json preview_training(Context& context, const kernels::Kernels& kernels,
                      const ExampleTraining& options, const PreviewOptions& preview,
                      std::string& text);

}  // namespace twin
