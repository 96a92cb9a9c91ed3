#include "engine/learn/adamw.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace twin {
namespace {

// The norm's partial sums are over pieces of this length, whatever the number of threads.
constexpr size_t kPiece = size_t{1} << 14;

}  // namespace

void adamw_step(Context& context, const AdamWOptions& options, std::span<float> flat,
                std::span<const float> grad, const std::vector<Parameter>& parameters,
                AdamWState& state) {
  TWIN_CHECK(grad.size() == flat.size());
  state.m.resize(flat.size());
  state.v.resize(flat.size());
  ++state.step;
  const auto step = static_cast<double>(state.step);
  const auto correction1 = static_cast<float>(1 - std::pow(options.beta1, step));
  const auto correction2 = static_cast<float>(1 - std::pow(options.beta2, step));
  for (const Parameter& parameter : parameters) {
    const size_t offset = static_cast<size_t>(parameter.values.data() - flat.data());
    const float decay = parameter.shape.size() >= 2 ? options.weight_decay : 0.0f;
    context.threads.parallel_for(
        parameter.values.size(),
        [&](size_t begin, size_t end, size_t) {
          float* __restrict p = flat.data() + offset;
          const float* __restrict g = grad.data() + offset;
          float* __restrict m = state.m.data() + offset;
          float* __restrict v = state.v.data() + offset;
          for (size_t i = begin; i < end; ++i) {
            m[i] = options.beta1 * m[i] + (1 - options.beta1) * g[i];
            v[i] = options.beta2 * v[i] + (1 - options.beta2) * g[i] * g[i];
            const float update = m[i] / correction1 / (std::sqrt(v[i] / correction2) + options.eps);
            p[i] -= options.learning_rate * (update + decay * p[i]);
          }
        },
        4096);
  }
}

double clip_gradients(Context& context, std::span<float> grad, float max_norm) {
  std::vector<double> sums((grad.size() + kPiece - 1) / kPiece);
  context.threads.parallel_for(sums.size(), [&](size_t begin, size_t end, size_t) {
    for (size_t piece = begin; piece < end; ++piece) {
      const size_t last = std::min(grad.size(), (piece + 1) * kPiece);
      double sum = 0;
      for (size_t i = piece * kPiece; i < last; ++i) sum += static_cast<double>(grad[i]) * grad[i];
      sums[piece] = sum;
    }
  });
  double total = 0;
  for (double sum : sums) total += sum;
  const double norm = std::sqrt(total);
  if (max_norm > 0 && norm > max_norm) {
    const auto factor = static_cast<float>(max_norm / norm);
    context.threads.parallel_for(
        grad.size(),
        [&](size_t begin, size_t end, size_t) {
          for (size_t i = begin; i < end; ++i) grad[i] *= factor;
        },
        kPiece);
  }
  return norm;
}

float learning_rate_at(Schedule schedule, float peak, size_t step, size_t total,
                       size_t warmup_steps, float min_ratio) {
  if (step < warmup_steps) {
    return peak * static_cast<float>(step + 1) / static_cast<float>(warmup_steps);
  }
  if (schedule == Schedule::kConstant || total <= warmup_steps) return peak;
  const double done = std::min(
      1.0, static_cast<double>(step - warmup_steps) / static_cast<double>(total - warmup_steps));
  const double share =
      schedule == Schedule::kLinear ? 1 - done : 0.5 * (1 + std::cos(std::numbers::pi * done));
  return peak * static_cast<float>(min_ratio + (1 - min_ratio) * share);
}

}  // namespace twin
