#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

#include "engine/kernels/linear_call.h"

// GGUF's quantised blocks in registers, for the files compiled with AVX2 or more: everything is in
// an unnamed namespace (see kernels_impl.h). Layouts: engine/tensor/blocks.cc.
//
// A type is
//   kBytes, kGroups     bytes of a block, groups of 32 in it
//   kBits               of a whole number
//   kSigned             quants() are int8; else uint8 that stand for themselves less kOffset
//   kOffset             a power of two or 0
//   kMinima             values are d q + m, not d q
//   quants(block, g)    the 32 whole numbers of group g
//   scales(rows, d, m)  d and m (8 to a vector) of kGroups groups of the eight blocks at `rows`
// and, where kHalves, scale(block, g, h): of half h of group g.
namespace twin::kernels {
namespace {
namespace x86 {

constexpr size_t kLanes = 8;
using RowPointers = const uint8_t* const (&)[kLanes];

inline __m256i load32(const uint8_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

inline uint16_t bits16(const uint8_t* p) {
  uint16_t bits;
  std::memcpy(&bits, p, sizeof bits);
  return bits;
}

inline float half(const uint8_t* p) { return _cvtsh_ss(bits16(p)); }

// The f16 at `at` in each row, as f32.
inline __m256 halves(RowPointers rows, size_t at) {
  __m128i h = _mm_cvtsi32_si128(bits16(rows[0] + at));
  h = _mm_insert_epi16(h, bits16(rows[1] + at), 1);
  h = _mm_insert_epi16(h, bits16(rows[2] + at), 2);
  h = _mm_insert_epi16(h, bits16(rows[3] + at), 3);
  h = _mm_insert_epi16(h, bits16(rows[4] + at), 4);
  h = _mm_insert_epi16(h, bits16(rows[5] + at), 5);
  h = _mm_insert_epi16(h, bits16(rows[6] + at), 6);
  h = _mm_insert_epi16(h, bits16(rows[7] + at), 7);
  return _mm256_cvtph_ps(h);
}

// 16 bytes: low halves, then high halves.
inline __m256i nibbles(const uint8_t* p) {
  const __m256i both =
      _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  const __m256i shifted = _mm256_srlv_epi32(both, _mm256_setr_epi32(0, 0, 0, 0, 4, 4, 4, 4));
  return _mm256_and_si256(shifted, _mm256_set1_epi8(15));
}

// 16 where the bit of a 32-bit word is set.
inline __m256i fifth_bits(const uint8_t* p) {
  int32_t word;
  std::memcpy(&word, p, sizeof word);
  const __m256i spread = _mm256_shuffle_epi8(
      _mm256_set1_epi32(word),
      _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303));
  const __m256i bit = _mm256_set1_epi64x(static_cast<int64_t>(0x8040201008040201));
  return _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_and_si256(spread, bit), bit),
                          _mm256_set1_epi8(16));
}

// Rows become columns: v[i] lane j <-> v[j] lane i, of 32 bits each.
inline void transpose(__m256i (&v)[kLanes]) {
  __m256i t[kLanes], u[kLanes];
#pragma GCC unroll 4
  for (size_t i = 0; i < 4; ++i) {
    t[2 * i] = _mm256_unpacklo_epi32(v[2 * i], v[2 * i + 1]);
    t[2 * i + 1] = _mm256_unpackhi_epi32(v[2 * i], v[2 * i + 1]);
  }
#pragma GCC unroll 2
  for (size_t i = 0; i < 8; i += 4) {
    u[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
    u[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
    u[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
    u[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
#pragma GCC unroll 4
  for (size_t i = 0; i < 4; ++i) {
    v[i] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x20);
    v[i + 4] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x31);
  }
}

inline void transpose_floats(__m256 (&v)[kLanes]) {
  __m256i bits[kLanes];
#pragma GCC unroll 8
  for (size_t i = 0; i < kLanes; ++i) bits[i] = _mm256_castps_si256(v[i]);
  transpose(bits);
#pragma GCC unroll 8
  for (size_t i = 0; i < kLanes; ++i) v[i] = _mm256_castsi256_ps(bits[i]);
}

struct Plain {  // what most types have
  static constexpr size_t kGroups = 1;
  static constexpr bool kSigned = false, kMinima = false, kHalves = false;
  static constexpr int kOffset = 0;
};

struct Q8_0 : Plain {
  static constexpr size_t kBytes = 34;
  static constexpr int kBits = 8;
  static constexpr bool kSigned = true;
  static __m256i quants(const uint8_t* block, size_t) { return load32(block + 2); }
  static void scales(RowPointers rows, __m256* d, __m256*) { *d = halves(rows, 0); }
};

struct Q4_0 : Plain {
  static constexpr size_t kBytes = 18;
  static constexpr int kBits = 4;
  static constexpr int kOffset = 8;
  static __m256i quants(const uint8_t* block, size_t) { return nibbles(block + 2); }
  static void scales(RowPointers rows, __m256* d, __m256*) { *d = halves(rows, 0); }
};

struct WithMinimum : Plain {
  static constexpr bool kMinima = true;
  static void scales(RowPointers rows, __m256* d, __m256* m) {
    *d = halves(rows, 0);
    *m = halves(rows, 2);
  }
};

struct Q4_1 : WithMinimum {
  static constexpr size_t kBytes = 20;
  static constexpr int kBits = 4;
  static __m256i quants(const uint8_t* block, size_t) { return nibbles(block + 4); }
};

struct Q5_0 : Plain {
  static constexpr size_t kBytes = 22;
  static constexpr int kBits = 5;
  static constexpr int kOffset = 16;
  static __m256i quants(const uint8_t* block, size_t) {
    return _mm256_or_si256(nibbles(block + 6), fifth_bits(block + 2));
  }
  static void scales(RowPointers rows, __m256* d, __m256*) { *d = halves(rows, 0); }
};

struct Q5_1 : WithMinimum {
  static constexpr size_t kBytes = 24;
  static constexpr int kBits = 5;
  static __m256i quants(const uint8_t* block, size_t) {
    return _mm256_or_si256(nibbles(block + 8), fifth_bits(block + 4));
  }
};

// The 6-bit scales and minima of Q4_K and Q5_K: eight of each in 12 bytes.
struct KScales : Plain {
  static constexpr size_t kGroups = 8;
  static constexpr bool kMinima = true;

  static __m256 widen(uint32_t low, uint32_t high) {
    const __m128i bytes = _mm_cvtsi64_si128(static_cast<int64_t>(uint64_t{high} << 32 | low));
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
  }
  static void scales(RowPointers rows, __m256* d, __m256* m) {
    __m256 row_d[kLanes], row_m[kLanes];
    for (size_t j = 0; j < kLanes; ++j) {
      uint32_t u[3];
      std::memcpy(u, rows[j] + 4, sizeof u);
      row_d[j] = _mm256_mul_ps(
          _mm256_set1_ps(half(rows[j])),
          widen(u[0] & 0x3f3f3f3f, (u[2] & 0x0f0f0f0f) | (u[0] >> 6 & 0x03030303) << 4));
      row_m[j] = _mm256_mul_ps(
          _mm256_set1_ps(-half(rows[j] + 2)),
          widen(u[1] & 0x3f3f3f3f, (u[2] >> 4 & 0x0f0f0f0f) | (u[1] >> 6 & 0x03030303) << 4));
    }
    transpose_floats(row_d);
    transpose_floats(row_m);
    for (size_t g = 0; g < kGroups; ++g) {
      d[g] = row_d[g];
      m[g] = row_m[g];
    }
  }
  // 4 bits of each of 32 bytes for two groups.
  static __m256i nibble(const uint8_t* bytes, size_t g) {
    const __m256i both = load32(bytes + g / 2 * 32);
    return _mm256_and_si256(g % 2 == 0 ? both : _mm256_srli_epi16(both, 4), _mm256_set1_epi8(15));
  }
};

struct Q4_K : KScales {
  static constexpr size_t kBytes = 144;
  static constexpr int kBits = 4;
  static __m256i quants(const uint8_t* block, size_t g) { return nibble(block + 16, g); }
};

struct Q5_K : KScales {
  static constexpr size_t kBytes = 176;
  static constexpr int kBits = 5;
  static __m256i quants(const uint8_t* block, size_t g) {
    const __m256i bit = _mm256_set1_epi8(static_cast<char>(1 << g));
    const __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(load32(block + 16), bit), bit);
    return _mm256_or_si256(nibble(block + 48, g), _mm256_and_si256(set, _mm256_set1_epi8(16)));
  }
};

struct Q6_K : Plain {
  static constexpr size_t kBytes = 210, kGroups = 8;
  static constexpr int kBits = 6;
  static constexpr bool kSigned = true, kHalves = true;
  static __m256i quants(const uint8_t* block, size_t g) {
    const __m256i low = load32(block + g / 4 * 64 + g % 2 * 32);
    const __m256i high = load32(block + 128 + g / 4 * 32);
    const __m256i four =
        _mm256_and_si256(g % 4 < 2 ? low : _mm256_srli_epi16(low, 4), _mm256_set1_epi8(15));
    const auto shift = _mm_cvtsi32_si128(static_cast<int>(g % 4 * 2));
    const __m256i two = _mm256_and_si256(_mm256_srl_epi16(high, shift), _mm256_set1_epi8(3));
    return _mm256_sub_epi8(_mm256_or_si256(four, _mm256_slli_epi16(two, 4)), _mm256_set1_epi8(32));
  }
  static void scales(RowPointers rows, __m256* d, __m256*) {
    const __m256 one = halves(rows, 208);
    for (size_t g = 0; g < kGroups; ++g) d[g] = one;
  }
  static int16_t scale(const uint8_t* block, size_t g, size_t half_of_group) {
    return static_cast<int8_t>(block[192 + 2 * g + half_of_group]);
  }
};

// A group of two rows: values 0 to 15 of both, then 16 to 31 of both.
struct TwoRows {
  __m256i first, second;
};

// Group g of the blocks `a` and `b`.
template <class Type>
TwoRows two_rows(Type, const uint8_t* a, const uint8_t* b, size_t g) {
  const __m256i u = Type::quants(a, g), v = Type::quants(b, g);
  return {_mm256_permute2x128_si256(u, v, 0x20), _mm256_permute2x128_si256(u, v, 0x31)};
}

inline __m256i two16(const uint8_t* a, const uint8_t* b) {
  const auto* const low = reinterpret_cast<const __m128i*>(a);
  const auto* const high = reinterpret_cast<const __m128i*>(b);
  return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(low)),
                                 _mm_loadu_si128(high), 1);
}
inline TwoRows two_rows_of_nibbles(const uint8_t* a, const uint8_t* b) {
  const __m256i both = two16(a, b), mask = _mm256_set1_epi8(15);
  return {_mm256_and_si256(both, mask), _mm256_and_si256(_mm256_srli_epi16(both, 4), mask)};
}
inline TwoRows two_rows(Q8_0, const uint8_t* a, const uint8_t* b, size_t) {
  return {two16(a + 2, b + 2), two16(a + 18, b + 18)};
}
inline TwoRows two_rows(Q4_0, const uint8_t* a, const uint8_t* b, size_t) {
  return two_rows_of_nibbles(a + 2, b + 2);
}
inline TwoRows two_rows(Q4_1, const uint8_t* a, const uint8_t* b, size_t) {
  return two_rows_of_nibbles(a + 4, b + 4);
}
// uint8, 32 more than what they stand for.
inline TwoRows two_rows(Q6_K, const uint8_t* a, const uint8_t* b, size_t g) {
  const auto half = [&](size_t at) {
    const size_t low = g / 4 * 64 + g % 2 * 32 + at, high = 128 + g / 4 * 32 + at;
    const __m256i l = two16(a + low, b + low), h = two16(a + high, b + high);
    const __m256i fours = g % 4 < 2 ? l : _mm256_srli_epi16(l, 4);
    // Bits 2 (g % 4) and the next become bits 4 and 5.
    const __m256i twos = g % 4 < 2 ? _mm256_slli_epi16(h, static_cast<int>(4 - 2 * (g % 4)))
                                   : _mm256_srli_epi16(h, static_cast<int>(2 * (g % 4) - 4));
    return _mm256_or_si256(_mm256_and_si256(fours, _mm256_set1_epi8(15)),
                           _mm256_and_si256(twos, _mm256_set1_epi8(0x30)));
  };
  return {half(0), half(16)};
}

// The scales of two of Q6_K's blocks, of its halves of groups, as int16: 0 to 7 of both, then 8 to
// 15.
struct TwoScales {
  __m256i of[2];

  static TwoScales read(const uint8_t* a, const uint8_t* b) {
    const auto widen = [](const uint8_t* block) {
      const auto* const scales = reinterpret_cast<const __m128i*>(block + 192);
      return _mm256_cvtepi8_epi16(_mm_loadu_si128(scales));
    };
    const __m256i u = widen(a), v = widen(b);
    return {{_mm256_permute2x128_si256(u, v, 0x20), _mm256_permute2x128_si256(u, v, 0x31)}};
  }
  // Of half h of group g, each block's eight times.
  __m256i spread(size_t g, size_t h) const {
    const size_t at = 2 * (2 * g % 8 + h);  // the byte
    return _mm256_shuffle_epi8(of[g / 4], _mm256_set1_epi16(static_cast<int16_t>(at * 257 + 256)));
  }
};

}  // namespace x86
}  // namespace
}  // namespace twin::kernels
