#include "engine/model/encoder_attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/kernels/packed_call.h"
#include "engine/kernels/scratch.h"

namespace twin {
namespace {

// Queries handled together: their scores stay in the second-level cache.
constexpr size_t kBlock = 48;

constexpr size_t round_up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

// One head of one text of T tokens: both products are packed ones, over panels of keys and values.
class Head {
 public:
  Head(const kernels::Kernels& kernels, size_t C, size_t D, size_t T, const float* qkv)
      : kernels_(kernels),
        parts_(kernels::packed_parts(kernels.isa)),
        C_(C),
        D_(D),
        T_(T),
        qkv_(qkv),
        wide_(round_up(T, parts_.panel)) {
    const size_t deep = round_up(D, parts_.panel);
    auto* memory = static_cast<float*>(kernels::thread_scratch<kernels::Slot::kAttention>(
        (wide_ * D + deep * T + kBlock * wide_) * sizeof(float)));
    keys_ = memory;
    values_ = keys_ + wide_ * D;
    scores_ = values_ + deep * T;
  }

  // Panels of keys, times 1 / sqrt(D), and of values.
  void pack() {
    const size_t panel = parts_.panel;
    const float scale = 1 / std::sqrt(static_cast<float>(D_));
    for (size_t p = 0; p * panel < T_; ++p) {
      float* const to = keys_ + p * panel * D_;
      const size_t count = std::min(panel, T_ - p * panel);
      if (count < panel) std::fill_n(to, panel * D_, 0.0f);
      const float* const from = qkv_ + C_ + p * panel * 3 * C_;
      for (size_t j = 0; j < count; ++j) {
        for (size_t d = 0; d < D_; ++d) to[d * panel + j] = scale * from[j * 3 * C_ + d];
      }
    }
    for (size_t p = 0; p * panel < D_; ++p) {
      float* const to = values_ + p * panel * T_;
      const size_t count = std::min(panel, D_ - p * panel);
      if (count < panel) std::fill_n(to, panel * T_, 0.0f);
      for (size_t t = 0; t < T_; ++t) {
        std::copy_n(qkv_ + t * 3 * C_ + 2 * C_ + p * panel, count, to + t * panel);
      }
    }
  }

  void attend(float* out) {
    for (size_t begin = 0; begin < T_; begin += kBlock) {
      const size_t rows = std::min(kBlock, T_ - begin);
      product(rows, qkv_ + begin * 3 * C_, 3 * C_, keys_, wide_, D_, scores_, wide_);
      float* const to = out + begin * C_;
      float sums[kBlock];
      for (size_t i = 0; i < rows; ++i) {
        float peak;
        sums[i] = kernels_.exp_shifted(T_, scores_ + i * wide_, &peak);
      }
      product(rows, scores_, wide_, values_, D_, T_, to, C_);
      for (size_t i = 0; i < rows; ++i) {
        const float inverse = 1 / sums[i];
        for (size_t d = 0; d < D_; ++d) to[i * C_ + d] *= inverse;
      }
    }
  }

 private:
  // y (M, N) = x (M, K) times panels (N, K).
  void product(size_t M, const float* x, size_t ldx, const float* panels, size_t N, size_t K,
               float* y, size_t ldy) const {
    const size_t panel = parts_.panel;
    const kernels::PackedCall call{
        M,
        reinterpret_cast<const std::byte*>(x),
        ldx * sizeof(float),
        nullptr,
        nullptr,
        {N, K, reinterpret_cast<const std::byte*>(panels), panel * K * sizeof(float), nullptr, 0},
        nullptr,
        y,
        ldy,
        false};
    parts_.floats(call, 0, (N + panel - 1) / panel);
  }

  const kernels::Kernels& kernels_;
  const kernels::PackedParts& parts_;
  size_t C_, D_, T_;
  const float* qkv_;  // the head's first query
  size_t wide_;       // keys in whole panels
  float *keys_, *values_, *scores_;
};

}  // namespace

void encoder_attention(Context& context, const kernels::Kernels& kernels, size_t heads, size_t C,
                       std::span<const uint32_t> lengths, const float* qkv, float* out) {
  const size_t D = C / heads;
  std::vector<size_t> firsts;
  size_t first = 0;
  for (const uint32_t length : lengths) {
    firsts.push_back(first);
    first += length;
  }
  context.threads.parallel_for(lengths.size() * heads, [&](size_t begin, size_t end, size_t) {
    for (size_t item = begin; item < end; ++item) {
      const size_t row = firsts[item / heads], h = item % heads;
      if (lengths[item / heads] == 0) continue;
      Head head(kernels, C, D, lengths[item / heads], qkv + row * 3 * C + h * D);
      head.pack();
      head.attend(out + row * C + h * D);
    }
  });
}

}  // namespace twin
