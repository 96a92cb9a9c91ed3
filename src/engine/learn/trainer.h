#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/random.h"
#include "engine/learn/adamw.h"
#include "engine/model/decoder.h"

namespace twin {

// One sequence to learn: loss is counted on tokens[i] where loss_mask[i] is 1 (predicted from those
// before it; the first token is never counted).
struct TrainingSequence {
  std::vector<int32_t> tokens;
  std::vector<uint8_t> loss_mask;  // as long as tokens
};

struct TrainerOptions {
  size_t steps = 100;
  size_t batch_tokens = 2048;  // sequences are packed into micro-batches up to this many
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
  double loss = 0;  // nats per counted token
  double learning_rate = 0;
  double grad_norm = 0;
  size_t tokens = 0;  // in this step, all of them
  double seconds = 0;
};

// Trains a decoder's weights, or an adapter over frozen weights, on a fixed list of sequences:
// shuffled anew each epoch from the seed, packed whole without attention across them.
//
// Exact resume: a checkpoint (one atomically replaced file in `checkpoint_dir`) holds the trained
// parameters, moments, generator state and position in the epoch. A run that finds one with the
// same `key` goes on from it, and ends with the same bits as one that was never stopped (same
// thread count and kernels). One with another key is ignored.
class Trainer {
 public:
  // Trains `weights` in full where `adapter` is null, else the adapter alone.
  Trainer(Context& context, const kernels::Kernels& kernels, DecoderWeights& weights,
          LoraAdapter* adapter, const TrainerOptions& options);
  ~Trainer();

  // Runs to options.steps. Errors: kInterrupted after writing a checkpoint; kBadInput where a
  // sequence is longer than the model or the batch holds.
  void run(std::span<const TrainingSequence> sequences, const std::filesystem::path& checkpoint_dir,
           const std::string& key, const std::function<void(const StepReport&)>& on_step);

 private:
  friend struct TrainingForecast forecast(Context& context, const kernels::Kernels& kernels,
                                          const DecoderConfig& config, size_t lora_r,
                                          const TrainerOptions& options, size_t longest_sequence);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Mean loss in nats per counted token.
double evaluate_loss(Context& context, const kernels::Kernels& kernels,
                     const DecoderTensors& tensors, const LoraAdapter* adapter,
                     std::span<const TrainingSequence> sequences, size_t batch_tokens);
// Each sequence's own: (loss_sum, counted tokens).
struct SequenceLoss {
  double loss_sum = 0;
  size_t tokens = 0;
};
std::vector<SequenceLoss> sequence_losses(Context& context, const kernels::Kernels& kernels,
                                          const DecoderTensors& tensors, const LoraAdapter* adapter,
                                          std::span<const TrainingSequence> sequences,
                                          size_t batch_tokens);

// Peak bytes and seconds per step a run would take: from the shapes, and from a short calibration
// on this machine.
struct TrainingForecast {
  size_t peak_bytes = 0;
  double seconds_per_step = 0;
};
TrainingForecast forecast(Context& context, const kernels::Kernels& kernels,
                          const DecoderConfig& config, size_t lora_r,  // 0: full
                          const TrainerOptions& options, size_t longest_sequence);

}  // namespace twin
