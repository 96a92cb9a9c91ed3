#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/context.h"
#include "engine/kernels/kernels.h"
#include "engine/learn/trainer.h"

namespace twin {

// One training run: its name for people, the folder of its checkpoint and metrics, and the key
// under which the checkpoint may be gone on from.
struct LearningRun {
  std::string name;
  std::filesystem::path folder;
  std::string key;
  // Of StepReport::figures, what the bar shows and how it calls it.
  std::vector<std::pair<std::string, std::string>> shown = {};
};

// Before anything is loaded: refuses a model whose training needs more memory than there is however
// little its samples take. lora: an adapter over weights of `weight_bytes`; else all weights, in
// f32. Errors: kDoesNotFit with needed and available bytes.
void refuse_what_cannot_fit(const DecoderConfig& config, bool lora, uint64_t weight_bytes,
                            const LearningRun& run);

// Says on the log what the run will take, from the shapes and a short calibration, and refuses what
// does not fit. Errors: kDoesNotFit with needed and available bytes, of memory or of disk.
void forecast_run(Context& context, const kernels::Kernels& kernels, const Trainee& trainee,
                  Objective& objective, const TrainerOptions& options, const LearningRun& run);

// Trains with a progress bar (loss, learning rate, gradient norm, tokens per second, time left) and
// figures for each step in the run's folder (metrics.jsonl, TensorBoard's events, page.html), from
// the run's checkpoint where there is one.
TrainingEnd learn(Context& context, const kernels::Kernels& kernels, const Trainee& trainee,
                  Objective& objective, const TrainerOptions& options, const LearningRun& run,
                  Validator validator = {});

// Steps that `epochs` passes over the objective's items take, of `accumulate` micro-batches each.
size_t steps_for_epochs(const Objective& objective, size_t batch_tokens, double epochs,
                        size_t accumulate = 1);

// Everything is in place: removes the checkpoints, and what a killed process left half-written of
// one.
void finish_run(const LearningRun& run);

}  // namespace twin
