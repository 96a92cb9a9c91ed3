#include "engine/learn/sequence_loss.h"

#include <numeric>

#include "engine/learn/cross_entropy.h"

namespace twin {

std::vector<SequenceLoss> sequence_losses(Context& context, const kernels::Kernels& kernels,
                                          const DecoderTensors& tensors, const LoraAdapter* adapter,
                                          std::span<const TrainingSequence> sequences,
                                          size_t batch_tokens,
                                          const std::function<void(size_t)>& on_batch) {
  Decoder decoder(context, kernels, tensors);
  std::vector<SequenceLoss> result(sequences.size());
  std::vector<float> hidden, losses;
  std::vector<size_t> order(sequences.size());
  std::iota(order.begin(), order.end(), size_t{0});
  for (PackedBatch& batch : pack(sequences, order, batch_tokens)) {
    batch.set_adapter(adapter);
    stop_if_interrupted(context);
    hidden.resize(batch.tokens.size() * tensors.config.hidden_size);
    losses.resize(batch.tokens.size());
    decoder.forward(batch.batch(), hidden);
    cross_entropy(context, kernels, hidden, tensors.lm_head, batch.targets, {}, {}, losses);
    size_t row = 0;
    for (size_t s = 0; s < batch.segments.size(); ++s) {
      SequenceLoss& loss = result[batch.sequences[s]];
      for (size_t i = 0; i < batch.segments[s].length; ++i, ++row) {
        loss.loss_sum += losses[row];
        loss.tokens += batch.targets[row] >= 0;
      }
    }
    if (on_batch) on_batch(batch.tokens.size());
  }
  return result;
}

double evaluate_loss(Context& context, const kernels::Kernels& kernels,
                     const DecoderTensors& tensors, const LoraAdapter* adapter,
                     std::span<const TrainingSequence> sequences, size_t batch_tokens) {
  double sum = 0;
  size_t tokens = 0;
  for (const SequenceLoss& loss :
       sequence_losses(context, kernels, tensors, adapter, sequences, batch_tokens)) {
    sum += loss.loss_sum;
    tokens += loss.tokens;
  }
  return tokens == 0 ? 0 : sum / static_cast<double>(tokens);
}

}  // namespace twin
