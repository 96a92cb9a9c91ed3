#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/context.h"
#include "engine/kernels/kernels.h"
#include "engine/model/decoder.h"

namespace twin {

struct TrainingSpeedOptions {
  size_t sequences = 4;  // in one step
  size_t length = 512;   // tokens learnt of each
  size_t lora_r = 16;    // 0: all weights are trained
  TrainingPass pass;
  size_t steps = 5;  // timed, behind one that does not count
  uint64_t seed = 1;
  // A step's sequences, in place of random ones.
  std::vector<std::vector<int32_t>> tokens = {};
  // DPO, not next tokens: each two sequences are chosen and rejected after a common prompt of this
  // many tokens. 0: next tokens. The reference's log-probabilities are computed before the clock
  // runs.
  size_t prompt = 0;
};

// How fast a model learns here, and what that cost.
struct TrainingSpeed {
  std::string dtype;  // of the layers' matrices
  size_t trained_parameters = 0;
  size_t tokens_per_step = 0;
  std::vector<double> losses;   // of each step, the first included
  std::vector<double> seconds;  // of each timed step
  uint64_t peak_bytes = 0;      // of the process
  // Operations that a token's learning takes at least: forward and the gradient of x (LoRA), and
  // that of the weights too (full), two operations each per parameter of a matrix. Nothing for
  // adapters, attention or what is computed again.
  double operations_per_token = 0;

  double median_seconds() const;
};

// Steps of AdamW on tokens of the model at `path` with all of the context's threads; every
// token counts. Errors: those of open_model; kBadInput where `length` exceeds what the model takes.
TrainingSpeed measure_training(Context& context, const kernels::Kernels& kernels,
                               const std::filesystem::path& path,
                               const TrainingSpeedOptions& options);

}  // namespace twin
