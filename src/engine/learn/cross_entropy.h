#pragma once

#include <cstdint>
#include <span>

#include "base/context.h"
#include "engine/kernels/linear.h"

namespace twin {

struct CrossEntropyResult {
  double loss_sum = 0;  // nats, summed over the counted tokens
  size_t tokens = 0;    // with target >= 0
};

// loss = sum_i -log softmax(hidden_i lm_head^T)[target_i] over rows whose target >= 0.
// Never holds more than a block of rows of logits.
// Shapes: hidden (N, C), lm_head (V, C), targets (N). Where not empty: dhidden (N, C) is
// overwritten with gradient_scale * dloss/dhidden, lm_head taken by its values
// (kernels::training_linear()); dlm_head (V, C) is added to; losses (N), where not empty, receives
// each row's own loss (0 where not counted).
struct CrossEntropyOptions {
  float gradient_scale = 1.0f;
  std::span<const float> row_weights = {};  // (N): times gradient_scale; empty: all 1
  size_t block_rows = 256;
  kernels::Compute compute = kernels::Compute::kF32;  // of what has a gradient
};
CrossEntropyResult cross_entropy(Context& context, const kernels::Kernels& kernels,
                                 std::span<const float> hidden, const Matrix& lm_head,
                                 std::span<const int32_t> targets, std::span<float> dhidden,
                                 std::span<float> dlm_head, std::span<float> losses,
                                 const CrossEntropyOptions& options = {});

}  // namespace twin
