#pragma once

#include <filesystem>
#include <span>
#include <string>

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
};

// Says on the log what the run will take, from the shapes and a short calibration, and refuses what
// does not fit. Call before the model is loaded. lora_r 0: all weights are trained.
// Errors: kDoesNotFit with needed and available bytes, of memory or of disk.
void forecast_run(Context& context, const kernels::Kernels& kernels, const DecoderConfig& config,
                  size_t lora_r, std::span<const TrainingSequence> sequences,
                  const TrainerOptions& options, const LearningRun& run);

// Trains with a progress bar (loss, tokens per second, time left) and metrics, from the run's
// checkpoint where there is one.
void learn(Context& context, const kernels::Kernels& kernels, DecoderWeights& weights,
           LoraAdapter* adapter, std::span<const TrainingSequence> sequences,
           const TrainerOptions& options, const LearningRun& run);

// Steps that `epochs` passes over the sequences take.
size_t steps_for_epochs(std::span<const TrainingSequence> sequences, size_t batch_tokens,
                        double epochs);

}  // namespace twin
