#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/context.h"
#include "base/error.h"
#include "engine/learn/adamw.h"
#include "engine/learn/objective.h"
#include "engine/learn/trainee.h"
#include "engine/model/decoder.h"

namespace twin {

struct TrainerOptions {
  size_t steps = 100;
  size_t batch_tokens = 2048;  // items are packed into micro-batches up to this many
  size_t accumulate = 1;       // micro-batches per step
  AdamWOptions adamw;
  Schedule schedule = Schedule::kCosine;
  size_t warmup_steps = 0;
  float final_ratio = 0.1f;  // of the peak learning rate, at the schedule's end
  float max_grad_norm = 1.0f;
  size_t checkpoint_every = 50;  // steps
  TrainingPass pass;             // what of it is computed again, and how precisely
  float neftune_alpha = 0;       // as TrainingNoise has it
  uint64_t seed = 1;
};

struct StepReport {
  size_t step = 0;  // steps done
  double loss = 0;  // per counted token (pair, ...)
  double learning_rate = 0;
  double grad_norm = 0;
  size_t tokens = 0;  // in this step, all of them
  double seconds = 0;
  std::vector<std::pair<std::string, double>> figures;  // the objective's own, as means
};

// How well a model does on what it does not learn from.
struct Validation {
  double loss = 0;
  double copied_share = 0;  // of what it writes: taken word for word from what it learnt
};

// What a run is held against as it goes. The parameters with the least loss, among those that do
// not copy too much, are what the run ends with.
struct Validator {
  size_t every = 0;             // steps, and at the end; 0: never
  size_t patience = 0;          // stop after this many in a row that are no better; 0: do not
  double max_copied_share = 1;  // stop where more is copied
  std::function<Validation()> measure;  // of the trainee as it stands; the same bits for the same
  std::function<void(size_t step, const Validation&, bool best)> on_validation;  // may be null
};

// How a run ended.
struct TrainingEnd {
  size_t steps = 0;      // done
  size_t best_step = 0;  // whose parameters the trainee has now; 0: nothing was validated
  double best_loss = 0;
  bool stopped_early = false;
};

// Trains all weights of a model, or an adapter over frozen ones (trainee.h), towards an objective:
// its items shuffled anew each epoch from the seed, packed whole without attention across them.
//
// Exact resume: a checkpoint (one atomically replaced file in `checkpoint_dir`) holds the trained
// parameters, moments, generator state and position in the epoch. A run that finds one with the
// same `key` goes on from it, and ends with the same bits as one that was never stopped (same
// thread count and kernels). One with another key is ignored. What validated best lies beside it.
//
// Data parallel: each of the context's processes, all given the same, computes its share of every
// micro-batch's items; losses and gradients are summed. The step is that of one process, to f32
// rounding, and all have the same bits. The first process alone reads and writes files.
class Trainer {
 public:
  Trainer(Context& context, const kernels::Kernels& kernels, const Trainee& trainee,
          const TrainerOptions& options);
  ~Trainer();

  // Runs to options.steps, or to where validation stops it. Errors: kInterrupted after writing a
  // checkpoint; kBadInput where an item is longer than the model or the batch holds, or there is
  // none; kFailed where loss or gradient are no longer numbers, with the step, the batch and its
  // items: the trained parameters are then as the step found them, the checkpoint is the last one
  // before; kDoesNotFit where a checkpoint cannot be written: the one before is whole.
  TrainingEnd run(Objective& objective, const std::filesystem::path& checkpoint_dir,
                  const std::string& key, const std::function<void(const StepReport&)>& on_step,
                  const Validator& validator = {});

  // One optimiser step over the micro-batches, step number `done` + 1. Their segments have the
  // trainee's adapter. Errors: kFailed as above.
  StepReport step(Objective& objective, std::span<const PackedBatch* const> batches, size_t done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What a run without a single item to learn from ends with.
Error nothing_to_train_on();

}  // namespace twin
