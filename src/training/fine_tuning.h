#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/hashing.h"
#include "engine/learn/trainer.h"
#include "engine/model/lora.h"
#include "models/language_model.h"
#include "training/learning_run.h"

namespace twin {

// How a finished model is trained further, whatever on.
struct FineTuning {
  bool lora = true;  // false: all weights
  // The adapter's folder that training goes on from: its r, alpha and layers hold, not these here.
  std::filesystem::path adapter;  // empty: a fresh one
  size_t r = 16;
  double lora_alpha = 32;
  bool use_rslora = false;
  bool use_dora = false;
  double lora_dropout = 0;
  std::vector<std::string> target_modules;  // empty: every linear layer
  double epochs = 2;
  size_t batch_tokens = 2048;
  size_t accumulate = 1;
  double learning_rate = 2e-3;
  Schedule schedule = Schedule::kLinear;
  double final_ratio = 0.1;   // of the peak learning rate, at the end
  double warmup_ratio = 0.1;  // of the steps
  bool byte_moments = false;  // AdamW's, in 8 bits instead of 32
  double weight_decay = 0;
  double max_grad_norm = 1;  // 0: gradients are not clipped
  double neftune_alpha = 0;
  bool bf16 = false;                    // products in half precision
  bool gradient_checkpointing = false;  // activations are computed again instead of kept
  size_t checkpoint_every = 25;
  uint64_t seed = 1;
};

// Everything of it that the result depends on.
void add_to_key(KeyHasher& key, const FineTuning& options);

LoraConfig lora_config(const FineTuning& options);
TrainerOptions trainer_options(const FineTuning& options, const DecoderConfig& config,
                               size_t steps);

// A base model made ready for fine-tuning: an adapter over its weights where they lie, or all of
// them as f32 of their own.
class TunedModel {
 public:
  // `base` was loaded from `path`. Errors: kDoesNotFit; as load_adapter().
  TunedModel(Context& context, const LanguageModel& base, const std::filesystem::path& path,
             const FineTuning& options, const LearningRun& run);

  Trainee trainee();                                                       // views into this
  std::shared_ptr<const LoraAdapter> adapter() const { return adapter_; }  // null: all weights
  // The adapter, which names its base as `base_name`, or all weights, into an existing folder.
  void save(const std::filesystem::path& folder, const std::string& base_name) const;

 private:
  DecoderTensors frozen_;
  std::unique_ptr<DecoderWeights> weights_;  // where all are trained
  std::shared_ptr<LoraAdapter> adapter_;
};

}  // namespace twin
