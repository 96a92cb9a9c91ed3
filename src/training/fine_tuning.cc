#include "training/fine_tuning.h"

#include <algorithm>
#include <cmath>

#include "engine/formats/model_folder.h"
#include "training/train.h"

namespace twin {

void add_to_key(KeyHasher& key, const FineTuning& options) {
  const auto number = [&](size_t value) { key.add(static_cast<long long>(value)); };
  number(options.lora ? 1 : 0);
  if (!options.adapter.empty()) key.add("adapter").add(model_fingerprint(options.adapter));
  number(options.r);
  key.add(options.lora_alpha);
  number(options.use_rslora ? 1 : 0);
  number(options.use_dora ? 1 : 0);
  number(options.bf16 ? 1 : 0);
  key.add(options.lora_dropout).add(options.neftune_alpha);
  number(options.target_modules.size());
  for (const std::string& module : options.target_modules) key.add(module);
  key.add(options.epochs);
  number(options.batch_tokens);
  number(options.accumulate);
  key.add(options.learning_rate);
  number(static_cast<size_t>(options.schedule));
  key.add(options.final_ratio).add(options.warmup_ratio);
  number(options.byte_moments ? 1 : 0);
  key.add(options.weight_decay).add(options.max_grad_norm);
  number(options.seed);
}

LoraConfig lora_config(const FineTuning& options) {
  LoraConfig config;
  config.r = options.r;
  config.lora_alpha = static_cast<float>(options.lora_alpha);
  config.use_rslora = options.use_rslora;
  config.use_dora = options.use_dora;
  config.lora_dropout = static_cast<float>(options.lora_dropout);
  if (!options.target_modules.empty()) config.target_modules = options.target_modules;
  return config;
}

TrainerOptions trainer_options(const FineTuning& options, const DecoderConfig& config,
                               size_t steps) {
  TrainerOptions trainer;
  trainer.steps = steps;
  trainer.batch_tokens = options.batch_tokens;
  trainer.accumulate = options.accumulate;
  trainer.adamw.learning_rate = static_cast<float>(options.learning_rate);
  trainer.adamw.byte_moments = options.byte_moments;
  trainer.adamw.weight_decay = static_cast<float>(options.weight_decay);
  trainer.schedule = options.schedule;
  trainer.warmup_steps =
      static_cast<size_t>(std::floor(options.warmup_ratio * static_cast<double>(steps)));
  trainer.final_ratio = static_cast<float>(options.final_ratio);
  trainer.max_grad_norm = static_cast<float>(options.max_grad_norm);
  trainer.neftune_alpha = static_cast<float>(options.neftune_alpha);
  if (options.bf16) trainer.pass.compute = kernels::Compute::kBf16;
  if (options.gradient_checkpointing) trainer.pass.recomputed_layers = config.num_hidden_layers;
  trainer.checkpoint_every = options.checkpoint_every;
  trainer.seed = options.seed;
  return trainer;
}

TunedModel::TunedModel(Context& context, const LanguageModel& base,
                       const std::filesystem::path& path, const FineTuning& options,
                       const LearningRun& run) {
  const DecoderConfig& config = base.weights->config;
  if (!options.lora) {
    refuse_what_cannot_fit(config, false, 0, run);
    weights_ = std::make_unique<DecoderWeights>(load_weights(path));
    return;
  }
  refuse_what_cannot_fit(config, true, base.weights->bytes(), run);
  frozen_ = *base.weights;
  if (options.adapter.empty()) {
    adapter_ = std::make_shared<LoraAdapter>(config, lora_config(options));
    initialize(*adapter_, options.seed);
    start_magnitudes(context, *adapter_, frozen_);
  } else {
    const LoraAdapter start = load_adapter(options.adapter, config);
    LoraConfig lora = start.lora();
    lora.lora_dropout = static_cast<float>(options.lora_dropout);
    adapter_ = std::make_shared<LoraAdapter>(config, lora);
    std::copy(start.flat().begin(), start.flat().end(), adapter_->flat().begin());
  }
  update_norms(context, *adapter_, frozen_);
}

Trainee TunedModel::trainee() {
  return adapter_ ? Trainee(frozen_, *adapter_) : Trainee(*weights_);
}

void TunedModel::save(const std::filesystem::path& folder, const std::string& base_name) const {
  if (adapter_) {
    save_adapter(folder, *adapter_, base_name);
  } else {
    save_weights(folder, *weights_);
  }
}

}  // namespace twin
