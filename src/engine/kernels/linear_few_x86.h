#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "engine/kernels/blocks_x86.h"
#include "engine/kernels/linear_streams.h"

// linear() for few rows of activations: quantised weights straight from memory, eight of W's rows
// at a time, one to a lane.
namespace twin::kernels {
namespace {
namespace x86 {

// Lane j: the sum of lanes 0 to 3 of r[j], lane 4 + j: of its lanes 4 to 7. By unpacking: vphaddd
// takes longer than its three parts.
inline __m256i sum_fours(const __m256i (&r)[4]) {
  __m256i pairs[2];
#pragma GCC unroll 2
  for (size_t i = 0; i < 2; ++i) {
    pairs[i] = _mm256_add_epi32(_mm256_unpacklo_epi32(r[2 * i], r[2 * i + 1]),
                                _mm256_unpackhi_epi32(r[2 * i], r[2 * i + 1]));
  }
  return _mm256_add_epi32(_mm256_unpacklo_epi64(pairs[0], pairs[1]),
                          _mm256_unpackhi_epi64(pairs[0], pairs[1]));
}

// How a group's products are summed.
// kBiased      int8 weights come as uint8 with 128 more
// kAsksAhead   memory is asked for before it is read, for any number of rows
// kMostRows    of activations at a time
// run          two rows' products, the sums of each in four lanes; x: both halves of a group, twice
// add          where kMostRows > kUnturnedRows: sums of four products, onto sums
struct DotAvx2 {
  static constexpr bool kBiased = false;
  static constexpr bool kAsksAhead = true;
  static constexpr size_t kMostRows = 3;
  static __m256i run(const TwoRows& w, const TwoRows& x, bool is_signed) {
    const __m256i ones = _mm256_set1_epi16(1);
    if (is_signed) {  // pairs of products, at most 2 * 128 * 127, fill 16 bits
      return _mm256_add_epi32(_mm256_madd_epi16(signed_pairs(w.first, x.first), ones),
                              _mm256_madd_epi16(signed_pairs(w.second, x.second), ones));
    }
    // Weights of at most 5 bits: four products, at most 4 * 31 * 127, do not.
    return _mm256_madd_epi16(_mm256_add_epi16(_mm256_maddubs_epi16(w.first, x.first),
                                              _mm256_maddubs_epi16(w.second, x.second)),
                             ones);
  }
  static __m256i signed_pairs(__m256i w, __m256i x) {
    return _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
  }
};

// From four rows of activations on it pays to turn a group of W first, so that the sums of eight
// rows need no adding up.
constexpr size_t kUnturnedRows = 3;

// Adds to lane j of sums[n] the products of the n-th group of 32 at x with column j of w, a group
// of eight rows, turned.
template <class Dot, size_t R>
void add_turned(const __m256i (&w)[kLanes], const int8_t* x, __m256i (&sums)[R]) {
#pragma GCC unroll 8
  for (size_t j = 0; j < kLanes; ++j) {
#pragma GCC unroll 8
    for (size_t n = 0; n < R; ++n) {
      int32_t four;
      std::memcpy(&four, x + n * kGroup + 4 * j, sizeof four);
      sums[n] = Dot::add(sums[n], w[j], _mm256_set1_epi32(four));
    }
  }
}

inline __m256i twice(const int8_t* p) {
  return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}

// Lane j: the products of row j with the group at x; w[j]: rows j and j + 4.
template <class Dot, bool is_signed>
__m256i dots_of(const TwoRows (&w)[kLanes / 2], const int8_t* x) {
  const TwoRows v = {twice(x), twice(x + kGroup / 2)};
  __m256i dots[kLanes / 2];
#pragma GCC unroll 4
  for (size_t j = 0; j < kLanes / 2; ++j) dots[j] = Dot::run(w[j], v, is_signed);
  return sum_fours(dots);
}

// The same where halves of a group, here the i-th of its block, have scales of their own.
inline __m256i scaled_dots_of(const TwoRows (&w)[kLanes / 2], const TwoScales (&scales)[kLanes / 2],
                              size_t i, const int8_t* x) {
  const TwoRows v = {twice(x), twice(x + kGroup / 2)};
  const __m256i offset = _mm256_set1_epi8(32);
  const TwoRows less = {_mm256_maddubs_epi16(offset, v.first),
                        _mm256_maddubs_epi16(offset, v.second)};
  __m256i dots[kLanes / 2];
#pragma GCC unroll 4
  for (size_t j = 0; j < kLanes / 2; ++j) {
    // Pairs of products, at most 2 * 63 * 127 and less.
    const __m256i first = _mm256_sub_epi16(_mm256_maddubs_epi16(w[j].first, v.first), less.first);
    const __m256i second =
        _mm256_sub_epi16(_mm256_maddubs_epi16(w[j].second, v.second), less.second);
    dots[j] = _mm256_add_epi32(_mm256_madd_epi16(first, scales[j].spread(i, 0)),
                               _mm256_madd_epi16(second, scales[j].spread(i, 1)));
  }
  return sum_fours(dots);
}

// y[m][r], y[m][r + step], ... for R rows of x from m on, where r is a row of the first stream.
template <class Type, class Dot, size_t R>
void few_rows(const LinearCall& call, size_t m, size_t r, const Streams<kLanes>& streams) {
  const size_t step = streams.step, count = streams.count(r), ahead = streams.ahead(r);
  const IntegerRows& x = call.integers;
  float start[R][kLanes] = {};
  __m256 sums[R];
#pragma GCC unroll 8
  for (size_t i = 0; i < R; ++i) {
    for (size_t j = 0; j < count; ++j) start[i][j] = call.start(m + i, r + j * step);
    sums[i] = _mm256_loadu_ps(start[i]);
  }
  constexpr bool kBiased = Type::kSigned && !Type::kHalves && Dot::kBiased;
  constexpr int kOffset = kBiased ? 128 : Type::kOffset;
  constexpr bool kTurned = R > kUnturnedRows;
  // The processor foresees too little where much is computed between reads of much.
  constexpr bool kAsksAhead = Dot::kAsksAhead || (kTurned && Type::kBits == 8);
  static_assert(!kTurned || (!Type::kHalves && (!Type::kSigned || kBiased)));

  constexpr size_t kBlocksOfLine = std::bit_floor(std::max<size_t>(64 / Type::kBytes, 1));
  const uint8_t* at[kLanes];
  for (size_t j = 0; j < kLanes; ++j) {  // the last row again where there are fewer
    at[j] = reinterpret_cast<const uint8_t*>(call.W.row(r + std::min(j, count - 1) * step));
  }
  for (size_t g0 = 0; g0 < x.groups; g0 += Type::kGroups) {
    __m256 wd[Type::kGroups], wm[Type::kGroups];
    Type::scales(at, wd, wm);
    TwoScales scales[kLanes / 2];
    if constexpr (Type::kHalves) {
      for (size_t j = 0; j < kLanes / 2; ++j) scales[j] = TwoScales::read(at[j], at[j + 4]);
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < Type::kGroups; ++i) {
      const size_t g = g0 + i, d_at = m + g * x.d_group_ld;
      const int8_t* const q = x.bytes + m * kGroup + g * x.group_ld;
      const auto whole = [](__m256i w) {
        return kBiased ? _mm256_xor_si256(w, _mm256_set1_epi8(-128)) : w;
      };
      __m256i dots[R] = {};
      if constexpr (kTurned) {
        __m256i w[kLanes];
#pragma GCC unroll 8
        for (size_t j = 0; j < kLanes; ++j) w[j] = whole(Type::quants(at[j], i));
        transpose(w);
        add_turned<Dot>(w, q, dots);
      } else {
        TwoRows w[kLanes / 2];
#pragma GCC unroll 4
        for (size_t j = 0; j < kLanes / 2; ++j) {
          const TwoRows two = two_rows(Type(), at[j], at[j + 4], i);
          w[j] = {whole(two.first), whole(two.second)};
        }
#pragma GCC unroll 3
        for (size_t n = 0; n < R; ++n) {
          if constexpr (Type::kHalves) {
            dots[n] = scaled_dots_of(w, scales, i, q + n * kGroup);
          } else {
            dots[n] = dots_of<Dot, Type::kSigned>(w, q + n * kGroup);
          }
        }
      }
#pragma GCC unroll 8
      for (size_t n = 0; n < R; ++n) {
        if constexpr (kOffset != 0) {
          // A shift in a vector: compilers take general or mask registers for a product.
          const __m256i sum = _mm256_set1_epi32(x.sum[d_at + n]);
          dots[n] =
              _mm256_sub_epi32(dots[n], _mm256_slli_epi32(sum, std::countr_zero(kOffset + 0u)));
        }
        const __m256 product = _mm256_mul_ps(_mm256_cvtepi32_ps(dots[n]), wd[i]);
        sums[n] = _mm256_fmadd_ps(product, _mm256_set1_ps(x.d[d_at + n]), sums[n]);
        if constexpr (Type::kMinima) {
          sums[n] = _mm256_fmadd_ps(wm[i], _mm256_set1_ps(x.dsum[d_at + n]), sums[n]);
        }
      }
    }
    if (kAsksAhead && g0 / Type::kGroups % kBlocksOfLine == 0) {
#pragma GCC unroll 8
      for (size_t j = 0; j < kLanes; ++j) {
        for (size_t line = 0; line < Type::kBytes; line += 64) {
          _mm_prefetch(reinterpret_cast<const char*>(at[j] + ahead + line), _MM_HINT_T0);
        }
      }
    }
#pragma GCC unroll 8
    for (size_t j = 0; j < kLanes; ++j) at[j] += Type::kBytes;
  }
#pragma GCC unroll 8  // so that the sums stay in registers
  for (size_t i = 0; i < R; ++i) {
    _mm256_storeu_ps(start[i], sums[i]);
    for (size_t j = 0; j < count; ++j) call.y[(m + i) * call.ldy + r + j * step] = start[i][j];
  }
}

template <class Type, class Dot, size_t... R>
constexpr auto few_rows_of(std::index_sequence<R...>) {
  return std::array{few_rows<Type, Dot, R + 1>...};
}

template <class Type, class Dot>
void few(const LinearCall& call, size_t begin, size_t end) {
  constexpr size_t kMost = Type::kHalves ? kUnturnedRows : Dot::kMostRows;
  static constexpr auto kRun = few_rows_of<Type, Dot>(std::make_index_sequence<kMost>());
  const Streams<kLanes> streams(call.W, begin, end);
  const size_t parts = (call.M + kMost - 1) / kMost;
  for (size_t r = begin; r < begin + streams.step; ++r) {
    for (size_t p = 0; p < parts; ++p) {
      const size_t m = call.M * p / parts;
      kRun[call.M * (p + 1) / parts - m - 1](call, m, r, streams);
    }
  }
}

}  // namespace x86
}  // namespace
}  // namespace twin::kernels
