#include "engine/kernels/linear_scalar.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "base/error.h"
#include "engine/tensor/blocks.h"

namespace twin::kernels::scalar {
namespace {

// A group of a quantised row as whole numbers: value i is d q[i] + m. Q6_K's two scales of a group
// are part of its q.
struct IntegerGroup {
  int q[kGroup];
  float d, m;
};

float half_at(const uint8_t* p) {
  uint16_t bits;
  std::memcpy(&bits, p, sizeof bits);
  return f16_to_f32(bits);
}

int nibble(const uint8_t* bytes, size_t i) { return i < 16 ? bytes[i] & 15 : bytes[i - 16] >> 4; }
int fifth_bit(const uint8_t* word, size_t i) { return (word[i / 8] >> (i % 8) & 1) << 4; }

// Group `g` of the eight in a block of Q4_K (`high` null) or Q5_K.
void k_group(const uint8_t* block, const uint8_t* high, const uint8_t* low, size_t g,
             IntegerGroup& out) {
  const uint8_t* packed = block + 4;
  const int scale = g < 4 ? packed[g] & 63 : (packed[g + 4] & 15) | (packed[g - 4] >> 6 << 4);
  const int min = g < 4 ? packed[g + 4] & 63 : (packed[g + 4] >> 4) | (packed[g] >> 6 << 4);
  out.d = half_at(block) * static_cast<float>(scale);
  out.m = -(half_at(block + 2) * static_cast<float>(min));
  for (size_t i = 0; i < kGroup; ++i) {
    out.q[i] = low[g / 2 * 32 + i] >> (g % 2 * 4) & 15;
    if (high != nullptr) out.q[i] |= (high[i] >> g & 1) << 4;
  }
}

void q6_k_group(const uint8_t* block, size_t g, IntegerGroup& out) {
  const uint8_t *low = block + g / 4 * 64 + g % 2 * 32, *high = block + 128 + g / 4 * 32;
  for (size_t i = 0; i < kGroup; ++i) {
    const int four = low[i] >> (g % 4 / 2 * 4) & 15, two = high[i] >> (g % 4 * 2) & 3;
    out.q[i] = static_cast<int8_t>(block[192 + 2 * g + i / 16]) * ((four | two << 4) - 32);
  }
  out.d = half_at(block + 208);
}

// Group `g` of the row at `row`. Layouts: engine/tensor/blocks.cc.
IntegerGroup group_of(DType dtype, const uint8_t* row, size_t g) {
  const DTypeInfo& info = dtype_info(dtype);
  const size_t groups = info.block / kGroup;
  const uint8_t* block = row + g / groups * info.bytes;
  IntegerGroup out{};
  if (groups == 1) out.d = half_at(block);
  const auto each = [&](auto value) {
    for (size_t i = 0; i < kGroup; ++i) out.q[i] = value(i);
  };
  switch (dtype) {
    case DType::kQ8_0:
      each([&](size_t i) { return static_cast<int8_t>(block[2 + i]); });
      break;
    case DType::kQ4_0:
      each([&](size_t i) { return nibble(block + 2, i) - 8; });
      break;
    case DType::kQ4_1:
      out.m = half_at(block + 2);
      each([&](size_t i) { return nibble(block + 4, i); });
      break;
    case DType::kQ5_0:
      each([&](size_t i) { return (nibble(block + 6, i) | fifth_bit(block + 2, i)) - 16; });
      break;
    case DType::kQ5_1:
      out.m = half_at(block + 2);
      each([&](size_t i) { return nibble(block + 8, i) | fifth_bit(block + 4, i); });
      break;
    case DType::kQ4_K:
      k_group(block, nullptr, block + 16, g % groups, out);
      break;
    case DType::kQ5_K:
      k_group(block, block + 16, block + 48, g % groups, out);
      break;
    case DType::kQ6_K:
      q6_k_group(block, g % groups, out);
      break;
    default:
      throw Bug("linear: not a quantised type");
  }
  return out;
}

bool has_minima(DType dtype) {
  return dtype == DType::kQ4_1 || dtype == DType::kQ5_1 || dtype == DType::kQ4_K ||
         dtype == DType::kQ5_K;
}

void linear_floats(const LinearCall& call, size_t begin, size_t end) {
  const size_t K = call.W.cols;
  std::vector<float> w(K);
  for (size_t r = begin; r < end; ++r) {
    dequantize(call.W.dtype, call.W.row(r), w);
    for (size_t m = 0; m < call.M; ++m) {
      double sum = call.start(m, r);
      for (size_t k = 0; k < K; ++k) sum += static_cast<double>(w[k]) * call.x[m * call.ldx + k];
      call.y[m * call.ldy + r] = static_cast<float>(sum);
    }
  }
}

}  // namespace

Activations activations(Rows, DType weights, size_t) {
  return is_quantized(weights) ? Activations::kBytes : Activations::kFloats;
}

void to_integers(size_t K, const float* x, const IntegerRows& rows, size_t m) {
  const bool bytes = rows.form == Activations::kBytes;
  const int largest = rows.form == Activations::kFine ? kLargestFine : kLargestByte;
  for (size_t g = 0; g < rows.groups; ++g) {
    const size_t count = std::min(kGroup, K - g * kGroup);
    const float* values = x + g * kGroup;
    uint32_t peak = 0;  // of the magnitudes' bits, which are in the order of the magnitudes
    for (size_t i = 0; i < count; ++i) {
      peak = std::max(peak, std::bit_cast<uint32_t>(values[i]) & 0x7fffffff);
    }
    float d = std::bit_cast<float>(peak) / static_cast<float>(largest);
    float inverse = 1 / d;
    if (peak < std::bit_cast<uint32_t>(0x1p-100f)) d = inverse = 0;
    if (peak >= 0x7f800000) d = std::numeric_limits<float>::quiet_NaN();
    int32_t sum = 0;
    for (size_t i = 0; i < kGroup; ++i) {
      // To nearest, halves to even.
      const float q = i < count && peak < 0x7f800000 ? std::nearbyint(values[i] * inverse) : 0.0f;
      const size_t at = m * rows.ld + g * kGroup + i;
      if (bytes) {
        rows.bytes[at] = static_cast<int8_t>(q);
      } else {
        rows.words[at] = static_cast<int16_t>(q);
      }
      sum += static_cast<int32_t>(q);
    }
    rows.d[m * rows.groups + g] = d;
    rows.sum[m * rows.groups + g] = sum;
    rows.dsum[m * rows.groups + g] = d * static_cast<float>(sum);
  }
}

// Every table does this arithmetic, so that all give the same bits: an exact sum per group, then
// fused multiply-adds in f32, group after group.
void linear(const LinearCall& call, size_t begin, size_t end) {
  if (!is_quantized(call.W.dtype)) return linear_floats(call, begin, end);
  const IntegerRows& x = call.integers;
  const bool minima = has_minima(call.W.dtype);
  std::vector<IntegerGroup> groups(x.groups);
  for (size_t r = begin; r < end; ++r) {
    const auto* row = reinterpret_cast<const uint8_t*>(call.W.row(r));
    for (size_t g = 0; g < x.groups; ++g) groups[g] = group_of(call.W.dtype, row, g);
    for (size_t m = 0; m < call.M; ++m) {
      float sum = call.start(m, r);
      for (size_t g = 0; g < x.groups; ++g) {
        const int8_t* q = x.bytes + m * x.ld + g * kGroup;
        int32_t dot = 0;
        for (size_t i = 0; i < kGroup; ++i) dot += groups[g].q[i] * q[i];
        const size_t at = m * x.groups + g;
        sum = std::fma(static_cast<float>(dot) * groups[g].d, x.d[at], sum);
        if (minima) sum = std::fma(groups[g].m, x.dsum[at], sum);
      }
      call.y[m * call.ldy + r] = sum;
    }
  }
}

}  // namespace twin::kernels::scalar
