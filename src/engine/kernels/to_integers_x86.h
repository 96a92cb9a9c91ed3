#pragma once

#include <algorithm>
#include <bit>
#include <limits>

#include "engine/kernels/blocks_x86.h"

// Rounding groups of 32 floats to integers, as scalar::to_integers() does, bit for bit.
namespace twin::kernels {
namespace {
namespace x86 {

// A group's values over d = largest / `limit`: q is four vectors of eight int32.
struct Rounded {
  __m256i q[4];
  float d;
};

inline Rounded round_group(const __m256 (&x)[4], int limit) {
  const __m256i magnitude = _mm256_set1_epi32(0x7fffffff);
  __m256i peaks = _mm256_setzero_si256();
#pragma GCC unroll 4
  for (const __m256& v : x) {
    peaks = _mm256_max_epu32(peaks, _mm256_and_si256(_mm256_castps_si256(v), magnitude));
  }
  __m128i p = _mm_max_epu32(_mm256_castsi256_si128(peaks), _mm256_extracti128_si256(peaks, 1));
  p = _mm_max_epu32(p, _mm_shuffle_epi32(p, 0x4e));
  p = _mm_max_epu32(p, _mm_shuffle_epi32(p, 0xb1));
  const auto peak = static_cast<uint32_t>(_mm_cvtsi128_si32(p));
  Rounded out;
  out.d = std::bit_cast<float>(peak) / static_cast<float>(limit);
  float inverse = 1 / out.d;
  const bool finite = peak < 0x7f800000;
  if (peak < std::bit_cast<uint32_t>(0x1p-100f)) out.d = inverse = 0;
  if (!finite) out.d = std::numeric_limits<float>::quiet_NaN();
  const __m256 scale = _mm256_set1_ps(inverse);
#pragma GCC unroll 4
  for (size_t i = 0; i < 4; ++i) {
    out.q[i] = finite ? _mm256_cvtps_epi32(_mm256_mul_ps(x[i], scale)) : _mm256_setzero_si256();
  }
  return out;
}

// 32 int16 in order.
inline void to_words(const Rounded& group, __m256i& low, __m256i& high) {
  low = _mm256_permute4x64_epi64(_mm256_packs_epi32(group.q[0], group.q[1]), 0xd8);
  high = _mm256_permute4x64_epi64(_mm256_packs_epi32(group.q[2], group.q[3]), 0xd8);
}

// Each four words in the order 0, 2, 1, 3.
inline __m256i evens_first(__m256i v) {
  return _mm256_shufflehi_epi16(_mm256_shufflelo_epi16(v, 0xd8), 0xd8);
}

inline int32_t sum_lanes(__m256i v) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

inline void to_integers(size_t K, const float* x, const IntegerRows& rows, size_t m) {
  const int limit = rows.form == Activations::kFine ? kLargestFine : kLargestByte;
  for (size_t g = 0; g < rows.groups; ++g) {
    const float* values = x + g * kGroup;
    float padded[kGroup] = {};
    if ((g + 1) * kGroup > K) {
      std::copy_n(values, K - g * kGroup, padded);
      values = padded;
    }
    const __m256 v[4] = {_mm256_loadu_ps(values), _mm256_loadu_ps(values + 8),
                         _mm256_loadu_ps(values + 16), _mm256_loadu_ps(values + 24)};
    const Rounded group = round_group(v, limit);
    const size_t at = m * rows.ld + g * rows.group_ld, d_at = m * rows.d_ld + g * rows.d_group_ld;
    __m256i low, high;
    to_words(group, low, high);
    if (rows.form == Activations::kBytes || rows.form == Activations::kByteGroups) {
      const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xd8);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(rows.bytes + at), bytes);
    } else {
      if (rows.form == Activations::kWords) {
        low = evens_first(low);
        high = evens_first(high);
      }
      auto* to = reinterpret_cast<__m256i*>(rows.words + at);
      _mm256_storeu_si256(to, low);
      _mm256_storeu_si256(to + 1, high);
    }
    const int32_t sum = sum_lanes(_mm256_add_epi32(_mm256_add_epi32(group.q[0], group.q[1]),
                                                   _mm256_add_epi32(group.q[2], group.q[3])));
    rows.d[d_at] = group.d;
    rows.sum[d_at] = sum;
    rows.dsum[d_at] = group.d * static_cast<float>(sum);
  }
}

}  // namespace x86
}  // namespace
}  // namespace twin::kernels
