#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/learn/objective.h"

namespace twin {

// Cross entropy of the next token over the tokens that a sequence's mask counts: language modelling
// and supervised fine-tuning.
class NextTokenObjective : public Objective {
 public:
  // `sequences` outlive it. `name_of` says what people know a sequence by ("line 3"); not set:
  // "sequence 3", counted from 0.
  explicit NextTokenObjective(std::span<const TrainingSequence> sequences,
                              std::function<std::string(size_t)> name_of = nullptr);

  size_t size() const override { return sequences_.size(); }
  std::vector<PackedBatch> pack(std::span<const size_t> order, size_t batch_tokens) const override;
  size_t counted(const PackedBatch& batch) const override { return batch.counted(); }
  ObjectiveLoss loss(Context& context, const kernels::Kernels& kernels, const PackedBatch& batch,
                     std::span<const float> hidden, const Matrix& lm_head,
                     const LossGradient& gradient) override;
  std::string describe(const PackedBatch& batch) const override;

 private:
  std::span<const TrainingSequence> sequences_;
  std::function<std::string(size_t)> name_of_;
};

}  // namespace twin
