#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/context.h"
#include "engine/learn/packing.h"

namespace twin {

// One sequence's loss under a model: nats summed over its counted tokens.
struct SequenceLoss {
  double loss_sum = 0;
  size_t tokens = 0;
};

// Of each sequence, computed `batch_tokens` at a time. adapter null: the weights alone. on_batch is
// told the tokens of each batch done. Errors: kInterrupted; kBadInput for a sequence longer than
// the batch or the model holds.
std::vector<SequenceLoss> sequence_losses(Context& context, const kernels::Kernels& kernels,
                                          const DecoderTensors& tensors, const LoraAdapter* adapter,
                                          std::span<const TrainingSequence> sequences,
                                          size_t batch_tokens,
                                          const std::function<void(size_t tokens)>& on_batch = {});

// Mean loss in nats per counted token of all of them; 0 where none counts.
double evaluate_loss(Context& context, const kernels::Kernels& kernels,
                     const DecoderTensors& tensors, const LoraAdapter* adapter,
                     std::span<const TrainingSequence> sequences, size_t batch_tokens);

}  // namespace twin
