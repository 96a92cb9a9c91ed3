#include "engine/learn/training_forecast.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "base/machine.h"
#include "engine/learn/cross_entropy.h"

namespace twin {

TrainingForecast forecast(Context& context, const kernels::Kernels& kernels, const Trainee& trainee,
                          Objective& objective, const TrainerOptions& options,
                          const std::function<void(size_t shape_bytes)>& fits) {
  std::vector<size_t> order(objective.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::vector<PackedBatch> batches = objective.pack(order, options.batch_tokens);
  if (batches.empty()) throw nothing_to_train_on();
  size_t most = 0, tokens = 0, longest = 0;
  for (PackedBatch& batch : batches) {
    batch.set_adapter(trainee.adapter());
    most = std::max(most, batch.tokens.size());
    tokens += batch.tokens.size();
    for (const Segment& segment : batch.segments) longest = std::max(longest, segment.length);
  }

  TrainingForecast result;
  const DecoderConfig& config = trainee.config();
  const size_t trained = trainee.flat().size();
  const bool lora = trainee.adapter() != nullptr;
  // The model, and what is trained beside it; gradient and two moments; hidden states and their
  // gradient; logits of one block of rows.
  result.shape_bytes =
      trainee.tensors().bytes() + moment_bytes(options.adamw, trained) +
      sizeof(float) * ((lora ? trained : 0) + trained + 2 * most * config.hidden_size +
                       CrossEntropyOptions().block_rows * config.vocab_size) +
      Decoder::activation_bytes(config, most, longest, lora, options.pass.recomputed_layers);

  if (fits) fits(result.shape_bytes);
  // The first step warms the caches, the second is timed.
  std::stable_sort(batches.begin(), batches.end(), [](const PackedBatch& a, const PackedBatch& b) {
    return a.tokens.size() < b.tokens.size();
  });
  TrainerOptions at_rest = options;
  at_rest.adamw.learning_rate = 0;
  Trainer trainer(context, kernels, trainee, at_rest);
  const PackedBatch* largest[] = {&batches.back()};
  const PackedBatch* middle[] = {&batches[batches.size() / 2]};
  trainer.step(objective, largest, 0);
  const StepReport timed = trainer.step(objective, middle, 1);
  result.peak_bytes = peak_memory_bytes();
  if (result.peak_bytes == 0) result.peak_bytes = result.shape_bytes;
  const double mean_tokens = static_cast<double>(tokens) / static_cast<double>(batches.size());
  result.seconds_per_step = timed.seconds * mean_tokens / static_cast<double>(timed.tokens) *
                            static_cast<double>(options.accumulate);
  return result;
}

}  // namespace twin
