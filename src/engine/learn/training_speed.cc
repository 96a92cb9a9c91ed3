#include "engine/learn/training_speed.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>

#include "base/error.h"
#include "base/machine.h"
#include "base/random.h"
#include "engine/formats/model_folder.h"
#include "engine/learn/next_token.h"
#include "engine/learn/preference.h"
#include "engine/learn/trainer.h"

namespace twin {
namespace {

// Of all products with a token's hidden state: the layers' and the output's.
size_t matrix_parameters(const DecoderTensors& tensors) {
  size_t count = tensors.lm_head.rows * tensors.lm_head.cols;
  for (const DecoderTensors::Layer& layer : tensors.layers) {
    for (const Matrix* W : {&layer.q_proj, &layer.k_proj, &layer.v_proj, &layer.o_proj,
                            &layer.gate_proj, &layer.up_proj, &layer.down_proj}) {
      count += W->rows * W->cols;
    }
  }
  return count;
}

std::vector<TrainingSequence> sequences_of(const TrainingSpeedOptions& options, size_t vocab_size) {
  std::vector<TrainingSequence> sequences;
  for (const std::vector<int32_t>& tokens : options.tokens) {
    sequences.push_back({tokens, std::vector<uint8_t>(tokens.size(), 1)});
  }
  if (!sequences.empty()) return sequences;
  Random random(options.seed);
  sequences.resize(options.sequences);
  for (TrainingSequence& sequence : sequences) {
    for (size_t i = 0; i <= options.length; ++i) {
      sequence.tokens.push_back(static_cast<int32_t>(random.below(vocab_size)));
    }
    sequence.loss_mask.assign(options.length + 1, 1);
  }
  return sequences;
}

std::vector<PreferencePair> pairs_of(const std::vector<TrainingSequence>& sequences,
                                     size_t prompt) {
  if (sequences.size() % 2 != 0) {
    throw Error(ErrorCode::kBadInput,
                "DPO takes an even number of sequences: chosen, rejected, ...");
  }
  std::vector<PreferencePair> pairs;
  for (size_t i = 0; i < sequences.size(); i += 2) {
    pairs.push_back({sequences[i], sequences[i + 1]});
    TrainingSequence& rejected = pairs.back().rejected;
    for (TrainingSequence* each : {&pairs.back().chosen, &rejected}) {
      if (each->tokens.size() <= prompt) {
        throw Error(ErrorCode::kBadInput, "a sequence is no longer than its prompt");
      }
      std::fill_n(each->loss_mask.begin(), prompt, uint8_t{0});
    }
    std::copy_n(pairs.back().chosen.tokens.begin(), prompt, rejected.tokens.begin());
  }
  return pairs;
}

}  // namespace

double TrainingSpeed::median_seconds() const {
  std::vector<double> sorted = seconds;
  std::sort(sorted.begin(), sorted.end());
  return sorted.empty() ? 0 : sorted[sorted.size() / 2];
}

TrainingSpeed measure_training(Context& context, const kernels::Kernels& kernels,
                               const std::filesystem::path& path,
                               const TrainingSpeedOptions& options) {
  DecoderTensors tensors = open_model(path);
  const bool full = options.lora_r == 0;
  TrainingSpeed speed;
  speed.dtype = dtype_info(tensors.layers.front().q_proj.dtype).name;
  speed.operations_per_token = (full ? 6.0 : 4.0) * static_cast<double>(matrix_parameters(tensors));

  std::optional<DecoderWeights> weights;
  std::optional<LoraAdapter> adapter;
  if (full) {
    weights.emplace(to_f32(tensors));
    tensors = {};
  } else {
    adapter.emplace(tensors.config, LoraConfig{.r = options.lora_r});
    initialize(*adapter, options.seed);
  }
  const Trainee trainee = full ? Trainee(*weights) : Trainee(std::move(tensors), *adapter);
  speed.trained_parameters = trainee.flat().size();

  const auto sequences = sequences_of(options, trainee.config().vocab_size);
  TrainerOptions trainer_options;
  trainer_options.batch_tokens = 0;
  for (const TrainingSequence& sequence : sequences) {
    trainer_options.batch_tokens += std::max<size_t>(sequence.tokens.size(), 1) - 1;
  }
  trainer_options.pass = options.pass;
  std::vector<PreferencePair> pairs;
  std::unique_ptr<Objective> chosen;
  if (options.prompt > 0) {
    pairs = pairs_of(sequences, options.prompt);
    chosen = std::make_unique<PreferenceObjective>(
        pairs,
        reference_log_probs(context, kernels, trainee.tensors(), pairs,
                            trainer_options.batch_tokens, options.pass.compute),
        PreferenceOptions());
  } else {
    chosen = std::make_unique<NextTokenObjective>(sequences);
  }
  Objective& objective = *chosen;
  std::vector<size_t> order(objective.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::vector<PackedBatch> batches = objective.pack(order, trainer_options.batch_tokens);
  std::vector<const PackedBatch*> micro;
  for (PackedBatch& batch : batches) {
    batch.set_adapter(trainee.adapter());
    micro.push_back(&batch);
  }
  Trainer trainer(context, kernels, trainee, trainer_options);
  for (size_t step = 0; step <= options.steps; ++step) {
    const StepReport report = trainer.step(objective, micro, step);
    speed.losses.push_back(report.loss);
    speed.tokens_per_step = report.tokens;
    if (step > 0) speed.seconds.push_back(report.seconds);
  }
  speed.peak_bytes = peak_memory_bytes();
  return speed;
}

}  // namespace twin
