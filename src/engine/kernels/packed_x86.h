#pragma once

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "engine/kernels/packed_call.h"

// Packed products, written once over an instruction set's units and compiled per table. Everything
// is in an unnamed namespace (see kernels_impl.h).
namespace twin::kernels {
namespace {
namespace x86 {

// A tile: R rows of activations by a panel, over part of K. C is the tile's part of y.
struct PackedTile {
  const std::byte* x;  // the first row's values of this part
  size_t x_stride;     // bytes
  const std::byte* w;
  const float* scales;   // of the first group
  size_t steps;          // values of K for floats, groups else
  const float *d, *low;  // of the first row and group, `groups` apart
  size_t groups;
  float* C;
  size_t ldc;
  bool zero;  // C counts as zeros
};

// Isa: Vec, I (int32 lanes), zero(), load(p), broadcast(p) of four bytes, to_float(i);
//   kFloatRows, kWordRows, kByteRows: rows of a tile
//   words(sum, w, x): sum + products of pairs; bytes(sums, w, x): those of four steps of bytes.
// A panel is two vectors wide.
template <class Isa, size_t R>
void floats_tile(const PackedTile& t) {
  using Vec = typename Isa::Vec;
  constexpr size_t kWide = Vec::kLanes;
  Vec c[R][2];
  const float* x[R];
#pragma GCC unroll 16
  for (size_t i = 0; i < R; ++i) {
    x[i] = reinterpret_cast<const float*>(t.x + i * t.x_stride);
    c[i][0] = t.zero ? Vec::set(0) : Vec::load(t.C + i * t.ldc);
    c[i][1] = t.zero ? Vec::set(0) : Vec::load(t.C + i * t.ldc + kWide);
  }
  const auto* w = reinterpret_cast<const float*>(t.w);
  for (size_t k = 0; k < t.steps; ++k, w += 2 * kWide) {
    const Vec w0 = Vec::load(w), w1 = Vec::load(w + kWide);
#pragma GCC unroll 16
    for (size_t i = 0; i < R; ++i) {
      const Vec a = Vec::set(x[i][k]);
      c[i][0] = fma(a, w0, c[i][0]);
      c[i][1] = fma(a, w1, c[i][1]);
    }
  }
#pragma GCC unroll 16
  for (size_t i = 0; i < R; ++i) {
    c[i][0].store(t.C + i * t.ldc);
    c[i][1].store(t.C + i * t.ldc + kWide);
  }
}

template <class Isa, size_t R>
void words_tile(const PackedTile& t) {
  using Vec = typename Isa::Vec;
  using I = typename Isa::I;
  constexpr size_t kWide = Vec::kLanes, kNr = 2 * kWide;
  const std::byte* w = t.w;
  const std::byte* x[R];
  Vec c[R][2];
#pragma GCC unroll 16
  for (size_t i = 0; i < R; ++i) {
    x[i] = t.x + i * t.x_stride;
    c[i][0] = t.zero ? Vec::set(0) : Vec::load(t.C + i * t.ldc);
    c[i][1] = t.zero ? Vec::set(0) : Vec::load(t.C + i * t.ldc + kWide);
  }
  for (size_t g = 0; g < t.steps; ++g) {
    I sums[R][2];
#pragma GCC unroll 16
    for (size_t i = 0; i < R; ++i) sums[i][0] = sums[i][1] = Isa::zero();
    for (size_t s0 = 0; s0 < kPackedGroup / 2; s0 += 4, w += 16 * kNr) {
#pragma GCC unroll 4
      for (size_t s = 0; s < 4; ++s) {
        const I w0 = Isa::load(w + s * 4 * kNr), w1 = Isa::load(w + s * 4 * kNr + 4 * kWide);
#pragma GCC unroll 16
        for (size_t i = 0; i < R; ++i) {
          const I a = Isa::broadcast(x[i] + 2 * g * kPackedGroup + 4 * (s0 + s));
          sums[i][0] = Isa::words(sums[i][0], w0, a);
          sums[i][1] = Isa::words(sums[i][1], w1, a);
        }
      }
    }
    const Vec d0 = Vec::load(t.scales + g * kNr), d1 = Vec::load(t.scales + g * kNr + kWide);
#pragma GCC unroll 16
    for (size_t i = 0; i < R; ++i) {
      const Vec d = Vec::set(t.d[i * t.groups + g]);
      c[i][0] = fma(Isa::to_float(sums[i][0]) * d0, d, c[i][0]);
      c[i][1] = fma(Isa::to_float(sums[i][1]) * d1, d, c[i][1]);
    }
  }
#pragma GCC unroll 16
  for (size_t i = 0; i < R; ++i) {
    c[i][0].store(t.C + i * t.ldc);
    c[i][1].store(t.C + i * t.ldc + kWide);
  }
}

template <class Isa, size_t R>
void bytes_tile(const PackedTile& t) {
  using Vec = typename Isa::Vec;
  using I = typename Isa::I;
  constexpr size_t kWide = Vec::kLanes, kNr = 2 * kWide;
  const std::byte* w = t.w;
  const std::byte* x[R];
  Vec c[R][2];
#pragma GCC unroll 16
  for (size_t i = 0; i < R; ++i) {
    x[i] = t.x + i * t.x_stride;
    c[i][0] = t.zero ? Vec::set(0) : Vec::load(t.C + i * t.ldc);
    c[i][1] = t.zero ? Vec::set(0) : Vec::load(t.C + i * t.ldc + kWide);
  }
  for (size_t g = 0; g < t.steps; ++g) {
    I sums[R][2];
#pragma GCC unroll 16
    for (size_t i = 0; i < R; ++i) sums[i][0] = sums[i][1] = Isa::zero();
    for (size_t at = g * kPackedGroup; at < (g + 1) * kPackedGroup; at += 16, w += 16 * kNr) {
#pragma GCC unroll 16
      for (size_t i = 0; i < R; ++i) Isa::bytes(sums[i], w, x[i] + at);
    }
    const float* const scales = t.scales + 2 * g * kNr;
    const Vec d0 = Vec::load(scales), d1 = Vec::load(scales + kWide);
    const Vec s0 = Vec::load(scales + kNr), s1 = Vec::load(scales + kNr + kWide);
#pragma GCC unroll 16
    for (size_t i = 0; i < R; ++i) {
      const Vec d = Vec::set(t.d[i * t.groups + g]), low = Vec::set(t.low[i * t.groups + g]);
      c[i][0] = fma(s0, low, fma(Isa::to_float(sums[i][0]) * d0, d, c[i][0]));
      c[i][1] = fma(s1, low, fma(Isa::to_float(sums[i][1]) * d1, d, c[i][1]));
    }
  }
#pragma GCC unroll 16
  for (size_t i = 0; i < R; ++i) {
    c[i][0].store(t.C + i * t.ldc);
    c[i][1].store(t.C + i * t.ldc + kWide);
  }
}

template <class Isa>
struct Packed {
  using Vec = typename Isa::Vec;
  static constexpr size_t kNr = 2 * Vec::kLanes;

  template <size_t... R>
  static constexpr auto floats_tiles(std::index_sequence<R...>) {
    return std::array{floats_tile<Isa, R + 1>...};
  }
  template <size_t... R>
  static constexpr auto words_tiles(std::index_sequence<R...>) {
    return std::array{words_tile<Isa, R + 1>...};
  }
  template <size_t... R>
  static constexpr auto bytes_tiles(std::index_sequence<R...>) {
    return std::array{bytes_tile<Isa, R + 1>...};
  }

  // A tile's y at the start: what it had, and the bias. `columns`: those that exist.
  static void begin_tile(const PackedCall& call, size_t m, size_t rows, size_t r, size_t columns,
                         float* C, size_t ldc) {
    for (size_t i = 0; i < rows; ++i) {
      const float* y = call.y + (m + i) * call.ldy + r;
      float* const c = C + i * ldc;
      if (columns == kNr) {
        for (size_t j = 0; j < kNr; j += Vec::kLanes) {
          Vec v = call.accumulate ? Vec::load(y + j) : Vec::set(0);
          if (call.bias != nullptr) v = v + Vec::load(call.bias + r + j);
          v.store(c + j);
        }
      } else {
        for (size_t j = 0; j < columns; ++j) {
          c[j] = (call.accumulate ? y[j] : 0.0f) + (call.bias == nullptr ? 0.0f : call.bias[r + j]);
        }
        std::fill(c + columns, c + kNr, 0.0f);
      }
    }
  }

  // unit: values of K per step; width: bytes of an activation; deep: steps at a time, so that the
  // panel's part stays in the first-level cache while all rows pass.
  template <class Tiles>
  static void run(const PackedCall& call, const Tiles& tiles, size_t unit, size_t width,
                  size_t kinds, size_t deep, size_t begin, size_t end) {
    const size_t steps = call.W.depth / unit, groups = call.W.depth / kPackedGroup;
    const size_t pieces = (steps + deep - 1) / deep;
    const size_t count = (call.M + tiles.size() - 1) / tiles.size();
    for (size_t piece = 0; piece < pieces; ++piece) {
      const size_t first = steps * piece / pieces, last = steps * (piece + 1) / pieces;
      for (size_t p = begin; p < end; ++p) {
        const size_t r = p * kNr, columns = std::min(kNr, call.W.rows - r);
        for (size_t t = 0; t < count; ++t) {
          const size_t m = call.M * t / count, rows = call.M * (t + 1) / count - m;
          alignas(64) float edge[16 * kNr];
          const bool whole = columns == kNr;
          float* const y = call.y + m * call.ldy + r;
          float* const C = whole ? y : edge;
          const size_t ldc = whole ? call.ldy : kNr;
          const bool zero = piece == 0 && whole && !call.accumulate && call.bias == nullptr;
          if (piece == 0) {
            if (!zero && (!whole || !call.accumulate || call.bias != nullptr)) {
              begin_tile(call, m, rows, r, columns, C, ldc);
            }
          } else if (!whole) {
            for (size_t i = 0; i < rows; ++i) {
              std::copy_n(y + i * call.ldy, columns, edge + i * kNr);
              std::fill(edge + i * kNr + columns, edge + (i + 1) * kNr, 0.0f);
            }
          }
          const PackedTile tile = {call.x + m * call.x_stride + first * unit * width,
                                   call.x_stride,
                                   call.W.panel(p) + first * unit * width * kNr,
                                   call.W.panel_scales(p) + first * kinds * kNr,
                                   last - first,
                                   call.d == nullptr ? nullptr : call.d + m * groups + first,
                                   call.low == nullptr ? nullptr : call.low + m * groups + first,
                                   groups,
                                   C,
                                   ldc,
                                   zero};
          tiles[rows - 1](tile);
          if (whole) continue;
          for (size_t i = 0; i < rows; ++i) {
            std::copy_n(edge + i * kNr, columns, y + i * call.ldy);
          }
        }
      }
    }
  }

  // Panels' parts of 16 KB.
  static void floats(const PackedCall& call, size_t begin, size_t end) {
    static constexpr auto kTiles = floats_tiles(std::make_index_sequence<Isa::kFloatRows>());
    run(call, kTiles, 1, 4, 0, 4096 / kNr, begin, end);
  }
  static void words(const PackedCall& call, size_t begin, size_t end) {
    static constexpr auto kTiles = words_tiles(std::make_index_sequence<Isa::kWordRows>());
    run(call, kTiles, kPackedGroup, 2, 1, 8192 / kNr / kPackedGroup, begin, end);
  }
  static void bytes(const PackedCall& call, size_t begin, size_t end) {
    static constexpr auto kTiles = bytes_tiles(std::make_index_sequence<Isa::kByteRows>());
    run(call, kTiles, kPackedGroup, 1, 2, 16384 / kNr / kPackedGroup, begin, end);
  }

  static PackedParts parts() { return {kNr, floats, words, bytes, to_words, to_bytes}; }

  // The group's values, zeros (or `fill`) behind K.
  static const float* group_at(size_t K, const float* x, size_t first, float fill, float* padded) {
    if (first + kPackedGroup <= K) return x + first;
    std::copy_n(x + first, K - first, padded);
    std::fill(padded + (K - first), padded + kPackedGroup, fill);
    return padded;
  }

  static bool is_finite(const float* x) {
    const __m256i exponent = _mm256_set1_epi32(0x7f800000);
    __m256i bad = _mm256_setzero_si256();
    for (size_t i = 0; i < kPackedGroup; i += 8) {
      const __m256i bits = _mm256_castps_si256(_mm256_loadu_ps(x + i));
      bad = _mm256_or_si256(bad, _mm256_cmpeq_epi32(_mm256_and_si256(bits, exponent), exponent));
    }
    return _mm256_testz_si256(bad, bad) != 0;
  }

  static float across(__m256 v, bool largest) {
    __m128 s = largest ? _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1))
                       : _mm_min_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = largest ? _mm_max_ps(s, _mm_movehl_ps(s, s)) : _mm_min_ps(s, _mm_movehl_ps(s, s));
    const __m128 odd = _mm_movehdup_ps(s);
    return _mm_cvtss_f32(largest ? _mm_max_ss(s, odd) : _mm_min_ss(s, odd));
  }

  static void to_words(size_t K, const float* x, int16_t* q, float* d) {
    alignas(32) float padded[kPackedGroup];
    for (size_t first = 0; first < K; first += kPackedGroup, ++d, q += kPackedGroup) {
      const float* const v = group_at(K, x, first, 0, padded);
      const __m256 sign = _mm256_set1_ps(-0.0f);
      __m256 peaks = _mm256_setzero_ps();
      for (size_t i = 0; i < kPackedGroup; i += 8) {
        peaks = _mm256_max_ps(peaks, _mm256_andnot_ps(sign, _mm256_loadu_ps(v + i)));
      }
      const float largest = across(peaks, true);
      const bool finite = is_finite(v), none = largest < 0x1p-100f || !finite;
      *d = !finite ? std::numeric_limits<float>::quiet_NaN()
           : none  ? 0
                   : largest / kLargestPackedWord;
      const __m256 inverse = _mm256_set1_ps(none ? 0 : 1 / *d);
      for (size_t i = 0; i < kPackedGroup; i += 16) {
        const __m256i a = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(v + i), inverse));
        const __m256i b = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(v + i + 8), inverse));
        const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xd8);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(q + i),
                            none ? _mm256_setzero_si256() : words);
      }
    }
  }

  static void to_bytes(size_t K, const float* x, uint8_t* q, float* d, float* low) {
    alignas(32) float padded[kPackedGroup];
    for (size_t first = 0; first < K; first += kPackedGroup, ++d, ++low, q += kPackedGroup) {
      const float* const v = group_at(K, x, first, x[first], padded);
      __m256 peaks = _mm256_loadu_ps(v), floors = peaks;
      for (size_t i = 8; i < kPackedGroup; i += 8) {
        peaks = _mm256_max_ps(peaks, _mm256_loadu_ps(v + i));
        floors = _mm256_min_ps(floors, _mm256_loadu_ps(v + i));
      }
      const float least = across(floors, false), range = across(peaks, true) - least;
      const bool finite = is_finite(v), none = !(range >= 0x1p-100f) || !finite;
      *d = !finite ? std::numeric_limits<float>::quiet_NaN()
           : none  ? 0
                   : range / kLargestPackedByte;
      *low = finite ? least : 0;
      const __m256 inverse = _mm256_set1_ps(none ? 0 : 1 / *d), from = _mm256_set1_ps(least);
      const auto four = [&](size_t i) {
        const __m256 above = _mm256_sub_ps(_mm256_loadu_ps(v + i), from);
        return _mm256_cvtps_epi32(_mm256_mul_ps(above, inverse));
      };
      for (size_t i = 0; i < kPackedGroup; i += 32) {
        const __m256i a = _mm256_packs_epi32(four(i), four(i + 8));
        const __m256i b = _mm256_packs_epi32(four(i + 16), four(i + 24));
        const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
        const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(a, b), order);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(q + i),
                            none ? _mm256_setzero_si256() : bytes);
      }
    }
  }
};

}  // namespace x86
}  // namespace
}  // namespace twin::kernels
