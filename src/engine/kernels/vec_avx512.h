#pragma once

#include <immintrin.h>

#include <bit>

#include "engine/kernels/kernels_impl.h"

// Included by the AVX-512 tables alone, each of which is compiled with its own flags: everything is
// in an unnamed namespace, so that no function compiled for one table can be linked into another.
namespace twin::kernels {
namespace {
namespace avx512 {

struct Vec {
  static constexpr size_t kLanes = 16;
  __m512 v;

  static Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
  static Vec set(float x) { return {_mm512_set1_ps(x)}; }
  void store(float* p) const { _mm512_storeu_ps(p, v); }
  friend Vec operator+(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
  friend Vec operator-(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
  friend Vec operator*(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
  friend Vec operator/(Vec a, Vec b) { return {_mm512_div_ps(a.v, b.v)}; }
  friend Vec fma(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
  friend Vec max(Vec a, Vec b) { return {_mm512_max_ps(a.v, b.v)}; }
  friend Vec min(Vec a, Vec b) { return {_mm512_min_ps(a.v, b.v)}; }
  friend float sum(Vec a) { return _mm512_reduce_add_ps(a.v); }
  friend float hmax(Vec a) { return _mm512_reduce_max_ps(a.v); }
  friend Vec round_to_int(Vec a) {
    return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
  }
  friend Vec scale_by_power_of_two(Vec x, Vec n) { return {_mm512_scalef_ps(x.v, n.v)}; }
  // x where a >= b, else 0.
  friend Vec zero_where_less(Vec x, Vec a, Vec b) {
    return {_mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a.v, b.v, _CMP_GE_OQ), x.v)};
  }
};

// Sixteen int32, as arithmetic takes them: sums kept as __m512i, which has elements of 64 bits,
// cost GCC a second register each.
using Ints = int32_t __attribute__((vector_size(64)));
inline Ints ints(__m512i v) { return std::bit_cast<Ints>(v); }
inline __m512i bits(Ints v) { return std::bit_cast<__m512i>(v); }

inline __m512 load16(const float* p) { return _mm512_load_ps(p); }
inline __m512 load16(const bf16* p) {
  const __m256i half = _mm256_load_si256(reinterpret_cast<const __m256i*>(p));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}
inline __m512 broadcast(const float* p) { return _mm512_set1_ps(*p); }
inline __m512 broadcast(const bf16* p) { return _mm512_set1_ps(bf16_to_f32(*p)); }

// 14 x 32: 28 accumulators, 2 of B and the broadcast of A in the 32 registers.
constexpr size_t kTileRows = 14, kTileColumns = 32;

inline void store_rows(__m512 (&c)[kTileRows][2], float* C, size_t ldc, bool accumulate) {
#pragma GCC unroll 14
  for (size_t i = 0; i < kTileRows; ++i) {
    float* row = C + i * ldc;
    if (accumulate) {
      c[i][0] = _mm512_add_ps(c[i][0], _mm512_loadu_ps(row));
      c[i][1] = _mm512_add_ps(c[i][1], _mm512_loadu_ps(row + 16));
    }
    _mm512_storeu_ps(row, c[i][0]);
    _mm512_storeu_ps(row + 16, c[i][1]);
  }
}

template <class Element>
struct Micro {
  using T = Element;
  static constexpr size_t kMr = kTileRows, kNr = kTileColumns, kPair = 1;

  static void run(size_t groups, const T* a, const T* b, float* C, size_t ldc, bool accumulate) {
    __m512 c[kMr][2] = {};
    for (size_t k = 0; k < groups; ++k, a += kMr, b += kNr) {
      const __m512 b0 = load16(b), b1 = load16(b + 16);
#pragma GCC unroll 14
      for (size_t i = 0; i < kMr; ++i) {
        const __m512 x = broadcast(a + i);
        c[i][0] = _mm512_fmadd_ps(x, b0, c[i][0]);
        c[i][1] = _mm512_fmadd_ps(x, b1, c[i][1]);
      }
    }
    store_rows(c, C, ldc, accumulate);
  }
};

}  // namespace avx512
}  // namespace
}  // namespace twin::kernels
