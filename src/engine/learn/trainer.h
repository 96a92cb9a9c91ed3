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

namespace twin {

struct TrainerOptions {
  size_t steps = 100;
  size_t batch_tokens = 2048;  // items are packed into micro-batches up to this many
  size_t accumulate = 1;       // micro-batches per step
  AdamWOptions adamw;
  Schedule schedule = Schedule::kCosine;
  size_t warmup_steps = 0;
  float max_grad_norm = 1.0f;
  size_t checkpoint_every = 50;  // steps
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

// Trains all weights of a model, or an adapter over frozen ones (trainee.h), towards an objective:
// its items shuffled anew each epoch from the seed, packed whole without attention across them.
//
// Exact resume: a checkpoint (one atomically replaced file in `checkpoint_dir`) holds the trained
// parameters, moments, generator state and position in the epoch. A run that finds one with the
// same `key` goes on from it, and ends with the same bits as one that was never stopped (same
// thread count and kernels). One with another key is ignored.
class Trainer {
 public:
  Trainer(Context& context, const kernels::Kernels& kernels, const Trainee& trainee,
          const TrainerOptions& options);
  ~Trainer();

  // Runs to options.steps. Errors: kInterrupted after writing a checkpoint; kBadInput where an item
  // is longer than the model or the batch holds, or there is none; kFailed where loss or gradient
  // are no longer numbers, with the step, the batch and its items: the trained parameters are then
  // as the step found them, the checkpoint is the last one before.
  void run(Objective& objective, const std::filesystem::path& checkpoint_dir,
           const std::string& key, const std::function<void(const StepReport&)>& on_step);

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
