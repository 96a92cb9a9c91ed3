#pragma once

#include <algorithm>

#include "engine/kernels/blocks_x86.h"
#include "engine/kernels/to_integers_x86.h"

// Packing of W's rows into panels of whole numbers, eight rows (columns of the panel) at a time.
namespace twin::kernels {
namespace {
namespace x86 {

// Columns next to each other, for each 4 bytes of K: two int16 or four uint8. d and m: a row of
// scales (and minima) per group.
struct PanelView {
  std::byte* q;
  float* d;
  float* m;
};

inline void store32(std::byte* p, __m256i v) {
  _mm256_store_si256(reinterpret_cast<__m256i*>(p), v);
}

// Eight columns' four int8 each as two steps of int16 pairs: the even bytes, then the odd.
inline void widen(__m256i four, __m256i& first, __m256i& second) {
  first = _mm256_srai_epi16(_mm256_slli_epi16(four, 8), 8);
  second = _mm256_srai_epi16(four, 8);
}

// Rows [r, r + 8) of W, the last before `end` repeated, from group g0 on, as columns
// [column, column + 8) of the panel.
template <class Type>
struct QuantizedPanel {
  static constexpr bool kMinima = Type::kMinima;
  // Words are exact with their offset; bytes are uint8.
  template <bool words>
  static constexpr int offset() {
    return words ? 0 : Type::kSigned ? 128 : Type::kOffset;
  }

  template <bool words, size_t nr>
  static void pack(const Matrix& W, size_t r, size_t end, size_t g0, size_t groups, PanelView panel,
                   size_t column) {
    const uint8_t* at[kLanes];
    for (size_t j = 0; j < kLanes; ++j) {
      at[j] = reinterpret_cast<const uint8_t*>(W.row(std::min(r + j, end - 1))) +
              g0 / Type::kGroups * Type::kBytes;
    }
    std::byte* to = panel.q + 4 * column;
    for (size_t g = 0; g < groups; g += Type::kGroups) {
      __m256 d[Type::kGroups], m[Type::kGroups];
      Type::scales(at, d, m);
#pragma GCC unroll 8
      for (size_t i = 0; i < Type::kGroups; ++i) {
        _mm256_store_ps(panel.d + (g + i) * nr + column, d[i]);
        if constexpr (kMinima) _mm256_store_ps(panel.m + (g + i) * nr + column, m[i]);
        __m256i v[kLanes];
#pragma GCC unroll 8
        for (size_t j = 0; j < kLanes; ++j) v[j] = Type::quants(at[j], i);
        transpose(v);
        if constexpr (words) {
          store_words<nr>(v, at, i, to);
        } else {
#pragma GCC unroll 8
          for (size_t q = 0; q < kLanes; ++q, to += 4 * nr) {
            store32(to, Type::kSigned ? _mm256_xor_si256(v[q], _mm256_set1_epi8(-128)) : v[q]);
          }
        }
      }
#pragma GCC unroll 8
      for (size_t j = 0; j < kLanes; ++j) {
        at[j] += Type::kBytes;
      }
    }
  }

 private:
  template <size_t nr>
  static void store_words(const __m256i (&v)[kLanes], RowPointers at, size_t i, std::byte*& to) {
    __m256i scales[2];
    if constexpr (Type::kHalves) {
      for (size_t h = 0; h < 2; ++h) {
        alignas(32) int32_t pairs[kLanes];
        for (size_t j = 0; j < kLanes; ++j) {
          pairs[j] = (Type::scale(at[j], i, h) & 0xffff) * 0x10001;
        }
        scales[h] = _mm256_load_si256(reinterpret_cast<const __m256i*>(pairs));
      }
    }
#pragma GCC unroll 8
    for (size_t q = 0; q < kLanes; ++q) {
      __m256i first, second;
      widen(Type::kOffset == 0 ? v[q] : _mm256_sub_epi8(v[q], _mm256_set1_epi8(Type::kOffset)),
            first, second);
      if constexpr (Type::kHalves) {
        first = _mm256_mullo_epi16(first, scales[q / 4]);
        second = _mm256_mullo_epi16(second, scales[q / 4]);
      }
      store32(to, first);
      store32(to + 4 * nr, second);
      to += 8 * nr;
    }
  }
};

// Weights that are floats, rounded to int16 like the activations they meet.
// Stored: kBytes of one, load(bytes) of eight.
template <class Stored>
struct FloatPanel {
  static constexpr bool kMinima = false;
  template <bool>
  static constexpr int offset() {
    return 0;
  }

  template <bool words, size_t nr>
  static void pack(const Matrix& W, size_t r, size_t end, size_t g0, size_t groups, PanelView panel,
                   size_t column) {
    static_assert(words);
    const uint8_t* rows[kLanes];
    for (size_t j = 0; j < kLanes; ++j) {
      rows[j] = reinterpret_cast<const uint8_t*>(W.row(std::min(r + j, end - 1)));
    }
    std::byte* to = panel.q + 4 * column;
    for (size_t g = 0; g < groups; ++g, to += 4 * nr * kGroup / 2) {
      const size_t k = (g0 + g) * kGroup, count = std::min(kGroup, W.cols - k);
      __m256i low[kLanes], high[kLanes];
#pragma GCC unroll 8
      for (size_t j = 0; j < kLanes; ++j) {
        const uint8_t* from = rows[j] + k * Stored::kBytes;
        uint8_t padded[kGroup * Stored::kBytes];
        if (count < kGroup) {
          std::memset(padded, 0, sizeof padded);
          std::memcpy(padded, from, count * Stored::kBytes);
          from = padded;
        }
        const __m256 v[4] = {Stored::load(from).v, Stored::load(from + 8 * Stored::kBytes).v,
                             Stored::load(from + 16 * Stored::kBytes).v,
                             Stored::load(from + 24 * Stored::kBytes).v};
        const Rounded group = round_group(v, kLargestFine);
        panel.d[g * nr + column + j] = group.d;
        to_words(group, low[j], high[j]);
      }
      transpose(low);
      transpose(high);
#pragma GCC unroll 8
      for (size_t s = 0; s < kLanes; ++s) {
        store32(to + s * 4 * nr, low[s]);
        store32(to + (s + 8) * 4 * nr, high[s]);
      }
    }
  }
};

}  // namespace x86
}  // namespace
}  // namespace twin::kernels
