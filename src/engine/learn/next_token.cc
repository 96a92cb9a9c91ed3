#include "engine/learn/next_token.h"

#include <fmt/format.h>

#include "engine/learn/cross_entropy.h"

namespace twin {

NextTokenObjective::NextTokenObjective(std::span<const TrainingSequence> sequences,
                                       std::function<std::string(size_t)> name_of)
    : sequences_(sequences), name_of_(std::move(name_of)) {
  if (!name_of_) name_of_ = [](size_t index) { return fmt::format("sequence {}", index); };
}

std::vector<PackedBatch> NextTokenObjective::pack(std::span<const size_t> order,
                                                  size_t batch_tokens) const {
  return twin::pack(sequences_, order, batch_tokens);
}

ObjectiveLoss NextTokenObjective::loss(Context& context, const kernels::Kernels& kernels,
                                       const PackedBatch& batch, std::span<const float> hidden,
                                       const Matrix& lm_head, const LossGradient& gradient) {
  CrossEntropyOptions options;
  options.gradient_scale = gradient.scale;
  options.compute = gradient.compute;
  const CrossEntropyResult result = cross_entropy(context, kernels, hidden, lm_head, batch.targets,
                                                  gradient.dhidden, gradient.dlm_head, {}, options);
  return {result.loss_sum, {}};
}

std::string NextTokenObjective::describe(const PackedBatch& batch) const {
  std::string names;
  for (size_t index : batch.sequences) {
    names += (names.empty() ? "" : ", ") + name_of_(index);
  }
  return names;
}

}  // namespace twin
