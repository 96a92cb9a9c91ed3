#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/context.h"
#include "engine/learn/byte_moments.h"
#include "engine/model/weights.h"

namespace twin {

// Source: Loshchilov & Hutter 2017, arXiv:1711.05101 (decoupled weight decay).
struct AdamWOptions {
  float learning_rate = 1e-3f;
  float beta1 = 0.9f;
  float beta2 = 0.95f;
  float eps = 1e-8f;
  float weight_decay = 0.0f;  // on tensors of two or more dimensions
  bool byte_moments = false;  // moments in 8 bits: a quarter of the memory
};

// First and second moments of one set of parameters; what a checkpoint keeps beside the weights.
struct AdamWState {
  size_t step = 0;
  std::vector<float> m, v;  // as long as the flat parameters; empty with byte_moments
  ByteMoments byte_m = {}, byte_v = {};
};

// Makes moments of zero, of the kind that `options` ask for, where the state has none.
void prepare(const AdamWOptions& options, const std::vector<Parameter>& parameters,
             AdamWState& state);

// Memory of both moments of `count` parameters.
size_t moment_bytes(const AdamWOptions& options, size_t count);

// One step: parameters -= learning_rate * (m^ / (sqrt(v^) + eps) + weight_decay * parameters).
// `flat` and `grad` are the owner's flat() blocks, `parameters` its list.
void adamw_step(Context& context, const AdamWOptions& options, std::span<float> flat,
                std::span<const float> grad, const std::vector<Parameter>& parameters,
                AdamWState& state);

// Scales `grad` so that its L2 norm is at most max_norm (0: no limit). Returns the norm before.
double clip_gradients(Context& context, std::span<float> grad, float max_norm);

enum class Schedule { kConstant, kLinear, kCosine };

// The rate at `step` (0-based) of `total`: linear warm-up over warmup_steps, then down to
// min_ratio * peak by the schedule.
float learning_rate_at(Schedule schedule, float peak, size_t step, size_t total,
                       size_t warmup_steps, float min_ratio = 0.1f);

}  // namespace twin
