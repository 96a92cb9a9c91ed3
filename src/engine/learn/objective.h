#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/context.h"
#include "engine/kernels/kernels.h"
#include "engine/kernels/linear.h"
#include "engine/learn/packing.h"
#include "engine/tensor/tensor.h"

namespace twin {

// Where the gradient of a micro-batch's loss goes.
struct LossGradient {
  float scale = 1;            // weight of the loss: one over what the whole step counts
  std::span<float> dhidden;   // (N, C): overwritten
  std::span<float> dlm_head;  // (V, C): added to; empty where the head is frozen
  kernels::Compute compute = kernels::Compute::kF32;  // of products with the head
};

struct ObjectiveLoss {
  double loss_sum = 0;  // over what counted() counts, not scaled
  // Further sums to report, divided by the count; named by Objective::figure_names().
  std::vector<double> figures;
};

// What a training run makes small: a list of items (sequences, pairs of them), how they are put
// into micro-batches, and the loss of one with its gradient. The trainer (trainer.h) does the rest.
class Objective {
 public:
  virtual ~Objective() = default;

  // Items, each learnt once an epoch.
  virtual size_t size() const = 0;
  // One epoch's micro-batches of at most `batch_tokens` tokens, the items in this order; what
  // PackedBatch::sequences counts is the objective's own. Errors: kBadInput where one is too long.
  virtual std::vector<PackedBatch> pack(std::span<const size_t> order,
                                        size_t batch_tokens) const = 0;
  // How many segments of a micro-batch are one item's and stay together: 1, or 2 of a pair.
  virtual size_t segments_per_item() const { return 1; }
  // Of ObjectiveLoss::figures.
  virtual std::vector<std::string> figure_names() const { return {}; }
  // What a micro-batch adds to the number that the loss is a mean over: tokens, pairs.
  virtual size_t counted(const PackedBatch& batch) const = 0;
  // The batch's loss and its gradient. hidden (N, C) is the decoder's output for the batch.
  virtual ObjectiveLoss loss(Context& context, const kernels::Kernels& kernels,
                             const PackedBatch& batch, std::span<const float> hidden,
                             const Matrix& lm_head, const LossGradient& gradient) = 0;
  // The batch's items for people, as "lines 3, 17, 20": what to look at where training fails.
  virtual std::string describe(const PackedBatch& batch) const = 0;
};

}  // namespace twin
