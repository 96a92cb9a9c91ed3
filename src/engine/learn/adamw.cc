#include "engine/learn/adamw.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace twin {
namespace {

// The norm's partial sums are over pieces of this length, whatever the number of threads.
constexpr size_t kPiece = size_t{1} << 14;

// What one step does to one value and its moments.
struct Step {
  AdamWOptions options;
  float correction1, correction2, decay;

  void operator()(size_t count, float* __restrict p, const float* __restrict g, float* __restrict m,
                  float* __restrict v) const {
    for (size_t i = 0; i < count; ++i) {
      m[i] = options.beta1 * m[i] + (1 - options.beta1) * g[i];
      v[i] = options.beta2 * v[i] + (1 - options.beta2) * g[i] * g[i];
      const float update = m[i] / correction1 / (std::sqrt(v[i] / correction2) + options.eps);
      p[i] -= options.learning_rate * (update + decay * p[i]);
    }
  }
};

size_t blocks_of(size_t count) { return (count + ByteMoments::kBlock - 1) / ByteMoments::kBlock; }

// The same on moments in bytes: block by block as f32 and back. `offset` and `first_block`: of the
// parameter.
void step_on_bytes(Context& context, const Step& step, size_t count, float* p, const float* g,
                   size_t offset, size_t first_block, AdamWState& state) {
  context.threads.parallel_for(blocks_of(count), [&](size_t begin, size_t end, size_t) {
    float m[ByteMoments::kBlock], v[ByteMoments::kBlock];
    for (size_t b = begin; b < end; ++b) {
      const size_t at = b * ByteMoments::kBlock, size = std::min(ByteMoments::kBlock, count - at);
      const std::span codes_m(state.byte_m.codes.data() + offset + at, size);
      const std::span codes_v(state.byte_v.codes.data() + offset + at, size);
      float& scale_m = state.byte_m.scales[first_block + b];
      float& scale_v = state.byte_v.scales[first_block + b];
      decode_block(ByteFloat::kSigned, codes_m, scale_m, {m, size});
      decode_block(ByteFloat::kUnsigned, codes_v, scale_v, {v, size});
      step(size, p + at, g + at, m, v);
      // Another seed for each block and step; the two moments need not differ.
      const auto seed = static_cast<uint32_t>((first_block + b) * 0x85ebca6bu + state.step);
      scale_m = encode_block(ByteFloat::kSigned, {m, size}, seed, codes_m);
      scale_v = encode_block(ByteFloat::kUnsigned, {v, size}, ~seed, codes_v);
    }
  });
}

}  // namespace

void prepare(const AdamWOptions& options, const std::vector<Parameter>& parameters,
             AdamWState& state) {
  size_t size = 0, blocks = 0;
  for (const Parameter& parameter : parameters) {
    size += parameter.values.size();
    blocks += blocks_of(parameter.values.size());
  }
  if (options.byte_moments) {
    for (ByteMoments* moments : {&state.byte_m, &state.byte_v}) {
      moments->codes.resize(size);
      moments->scales.resize(blocks);
    }
  } else {
    state.m.resize(size);
    state.v.resize(size);
  }
}

size_t moment_bytes(const AdamWOptions& options, size_t count) {
  if (options.byte_moments) return 2 * (count + blocks_of(count) * sizeof(float));
  return 2 * count * sizeof(float);
}

void adamw_step(Context& context, const AdamWOptions& options, std::span<float> flat,
                std::span<const float> grad, const std::vector<Parameter>& parameters,
                AdamWState& state) {
  TWIN_CHECK(grad.size() == flat.size());
  prepare(options, parameters, state);
  ++state.step;
  const auto number = static_cast<double>(state.step);
  Step step{options, static_cast<float>(1 - std::pow(options.beta1, number)),
            static_cast<float>(1 - std::pow(options.beta2, number)), 0};
  size_t first_block = 0;
  for (const Parameter& parameter : parameters) {
    const size_t offset = static_cast<size_t>(parameter.values.data() - flat.data());
    const size_t count = parameter.values.size();
    step.decay = parameter.shape.size() >= 2 ? options.weight_decay : 0.0f;
    float* p = flat.data() + offset;
    const float* g = grad.data() + offset;
    if (options.byte_moments) {
      step_on_bytes(context, step, count, p, g, offset, first_block, state);
      first_block += blocks_of(count);
      continue;
    }
    context.threads.parallel_for(
        count,
        [&](size_t begin, size_t end, size_t) {
          step(end - begin, p + begin, g + begin, state.m.data() + offset + begin,
               state.v.data() + offset + begin);
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
