#include "engine/kernels/packed.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "engine/kernels/packed_call.h"
#include "engine/kernels/scratch.h"
#include "engine/tensor/blocks.h"

namespace twin::kernels {
namespace {

constexpr size_t round_up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

template <class T>
T* aligned(size_t bytes) {
  void* memory = std::aligned_alloc(64, round_up(std::max<size_t>(bytes, 1), 64));
  if (memory == nullptr) throw Error(ErrorCode::kDoesNotFit, "no memory for packed weights");
  std::memset(memory, 0, round_up(std::max<size_t>(bytes, 1), 64));
  return static_cast<T*>(memory);
}

float largest_magnitude(std::span<const float> values) {
  float largest = 0;
  for (const float x : values) largest = std::max(largest, std::abs(x));
  return largest;
}

int rounded(float x, float d) { return static_cast<int>(std::lrintf(x / d)); }

// The largest sum of the weights of one sign, of the eight that meet in one 16-bit sum: of 16
// values those at 0, 1 of each four, and those at 2, 3.
float largest_chain(std::span<const float> values) {
  float largest = 0;
  for (size_t first = 0; first < values.size(); first += 16) {
    float above[2] = {0, 0}, below[2] = {0, 0};
    for (size_t k = first; k < std::min(first + 16, values.size()); ++k) {
      (values[k] > 0 ? above : below)[k / 2 % 2] += std::abs(values[k]);
    }
    largest = std::max({largest, above[0], above[1], below[0], below[1]});
  }
  return largest;
}

// The scale of a group of weights; 0 where all are zeros.
float scale_of(PackedForm form, std::span<const float> values) {
  const float largest = largest_magnitude(values);
  if (largest < 1e-30f) return 0;
  if (form == PackedForm::kWords) return largest / kLargestPackedWord;
  // Rounding adds up to a half to each of the eight.
  return std::max(largest / kLargestPackedByte, largest_chain(values) / (kLargestPackedChain - 4));
}

}  // namespace

const PackedParts& packed_parts(Isa isa) {
#ifdef TWIN_X86_SIMD
  if (isa == Isa::kAvx512 || isa == Isa::kAvx512Bf16) return avx512_packed();
  if (isa == Isa::kAvx2) return avx2_packed();
#endif
  TWIN_CHECK(isa == Isa::kScalar);
  return scalar_packed();
}

PackedWeights::PackedWeights(const PackedParts& parts, PackedForm form,
                             std::span<const Matrix> matrices)
    : form_(form) {
  TWIN_CHECK(!matrices.empty());
  const size_t panel = parts.panel;
  cols_ = matrices.front().cols;
  for (const Matrix& matrix : matrices) {
    TWIN_CHECK(matrix.cols == cols_);
    rows_ += matrix.rows;
  }
  depth_ = form == PackedForm::kFloats ? cols_ : round_up(cols_, kPackedGroup);
  const size_t width = form == PackedForm::kFloats ? 4 : form == PackedForm::kWords ? 2 : 1;
  const size_t along = form == PackedForm::kFloats ? 1 : 4 / width;  // of K, side by side
  const size_t groups = form == PackedForm::kFloats ? 0 : depth_ / kPackedGroup;
  const size_t panels = (rows_ + panel - 1) / panel;
  panel_bytes_ = round_up(panel * depth_ * width, 64);
  panel_scales_ = panel * groups * (form == PackedForm::kBytes ? 2 : 1);
  bytes_ = panels * (panel_bytes_ + panel_scales_ * sizeof(float));
  values_.reset(aligned<std::byte>(panels * panel_bytes_));
  scales_.reset(aligned<float>(panels * panel_scales_ * sizeof(float)));

  std::vector<float> row(cols_);
  size_t r = 0;
  for (const Matrix& matrix : matrices) {
    for (size_t i = 0; i < matrix.rows; ++i, ++r) {
      dequantize(matrix.dtype, matrix.row(i), row);
      const size_t p = r / panel, at = r % panel;
      std::byte* const to = values_.get() + p * panel_bytes_;
      float* const scales = scales_.get() + p * panel_scales_;
      if (form == PackedForm::kFloats) {
        for (size_t k = 0; k < cols_; ++k) {
          std::memcpy(to + (k * panel + at) * sizeof(float), &row[k], sizeof(float));
        }
        continue;
      }
      for (size_t g = 0; g < groups; ++g) {
        const size_t first = g * kPackedGroup, count = std::min(kPackedGroup, cols_ - first);
        const std::span<const float> values(row.data() + first, count);
        const float d = scale_of(form, values);
        int sum = 0;
        for (size_t k = first; k < first + count && d > 0; ++k) {
          const int q = rounded(row[k], d);
          sum += q;
          std::byte* const place = to + ((k / along * panel + at) * along + k % along) * width;
          if (form == PackedForm::kWords) {
            const auto word = static_cast<int16_t>(q);
            std::memcpy(place, &word, sizeof word);
          } else {
            *place = static_cast<std::byte>(static_cast<int8_t>(q));
          }
        }
        const size_t kinds = form == PackedForm::kBytes ? 2 : 1;
        scales[g * kinds * panel + at] = d;
        if (kinds == 2) scales[(g * 2 + 1) * panel + at] = d * static_cast<float>(sum);
      }
    }
  }
}

Panels PackedWeights::panels() const {
  return {rows_, depth_, values_.get(), panel_bytes_, scales_.get(), panel_scales_};
}

void packed_linear(Context& context, const PackedParts& parts, size_t M, const float* x, size_t ldx,
                   const PackedWeights& W, const float* bias, float* y, size_t ldy,
                   bool accumulate) {
  if (M == 0 || W.rows() == 0) return;
  const size_t depth = W.panels().depth;
  PackedCall call{M,
                  reinterpret_cast<const std::byte*>(x),
                  ldx * sizeof(float),
                  nullptr,
                  nullptr,
                  W.panels(),
                  bias,
                  y,
                  ldy,
                  accumulate};
  const PackedForm form = W.form();
  if (form != PackedForm::kFloats) {
    const size_t groups = depth / kPackedGroup;
    const size_t width = form == PackedForm::kWords ? 2 : 1;
    const size_t stride = depth * width + 64;  // rows a power of two apart share cache sets
    auto* const q = static_cast<std::byte*>(
        thread_scratch<Slot::kActivations>(M * (stride + 2 * groups * sizeof(float))));
    auto* const d = reinterpret_cast<float*>(q + M * stride);
    float* const low = d + M * groups;
    for (size_t m = 0; m < M; ++m) {
      if (form == PackedForm::kWords) {
        parts.to_words(W.cols(), x + m * ldx, reinterpret_cast<int16_t*>(q + m * stride),
                       d + m * groups);
      } else {
        parts.to_bytes(W.cols(), x + m * ldx, reinterpret_cast<uint8_t*>(q + m * stride),
                       d + m * groups, low + m * groups);
      }
    }
    call.x = q;
    call.x_stride = stride;
    call.d = d;
    call.low = low;
  }
  const size_t panels = (W.rows() + parts.panel - 1) / parts.panel;
  const auto run = form == PackedForm::kFloats  ? parts.floats
                   : form == PackedForm::kWords ? parts.words
                                                : parts.bytes;
  context.threads.parallel_for(panels,
                               [&](size_t begin, size_t end, size_t) { run(call, begin, end); });
}

}  // namespace twin::kernels
