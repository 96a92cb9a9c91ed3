#include <immintrin.h>

#include <bit>

#include "engine/kernels/peaks.h"

namespace twin::kernels {
namespace {

constexpr int kChains = 24;

double peak_f32(size_t rounds) {
  __m512 c[kChains];
  // All different, or the compiler would keep one.
  for (int i = 0; i < kChains; ++i) c[i] = _mm512_set1_ps(static_cast<float>(i));
  const __m512 a = _mm512_set1_ps(0.999f), b = _mm512_set1_ps(1e-3f);
  for (size_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i) c[i] = _mm512_fmadd_ps(c[i], a, b);
  }
  volatile float sink = 0;
#pragma GCC unroll 24
  for (int i = 0; i < kChains; ++i) sink = sink + _mm512_cvtss_f32(c[i]);
  return 2.0 * 16 * kChains * static_cast<double>(rounds);
}

double peak_int8(size_t rounds) {
  // Not __m512i, whose elements have 64 bits: GCC would keep each chain twice, once in memory.
  using Ints = int __attribute__((vector_size(64)));
  Ints c[kChains];
  for (int i = 0; i < kChains; ++i) c[i] = Ints{} + i;
  const __m512i a = _mm512_set1_epi8(3), b = _mm512_set1_epi8(1);
  for (size_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i) {
      c[i] = std::bit_cast<Ints>(_mm512_dpbusd_epi32(std::bit_cast<__m512i>(c[i]), a, b));
    }
  }
  volatile int sink = 0;
#pragma GCC unroll 24
  for (int i = 0; i < kChains; ++i) sink = sink ^ c[i][0];
  return 2.0 * 64 * kChains * static_cast<double>(rounds);
}

}  // namespace

Peaks avx512_peaks() {
  return {.f32 = peak_f32,
          .bf16 = nullptr,
          .int8 = __builtin_cpu_supports("avx512vnni") != 0 ? peak_int8 : nullptr};
}

}  // namespace twin::kernels
