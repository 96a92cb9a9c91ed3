#include <immintrin.h>

#include "engine/kernels/peaks.h"

namespace twin::kernels {
namespace {

double peak_f32(size_t rounds) {
  constexpr int kChains = 12;  // two units of latency 4-5 are kept busy by 10
  __m256 c[kChains];
  // All different, or the compiler would keep one.
  for (int i = 0; i < kChains; ++i) c[i] = _mm256_set1_ps(static_cast<float>(i));
  const __m256 a = _mm256_set1_ps(0.999f), b = _mm256_set1_ps(1e-3f);
  for (size_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) c[i] = _mm256_fmadd_ps(c[i], a, b);
  }
  volatile float sink = 0;
#pragma GCC unroll 24
  for (int i = 0; i < kChains; ++i) sink = sink + _mm256_cvtss_f32(c[i]);
  return 2.0 * 8 * kChains * static_cast<double>(rounds);
}

// Products of pairs of words and their sum: what AVX2 does for int8 whose products would overflow
// 16 bits. Bytes by vpmaddubsw need a second multiplication to be widened, so they are no faster.
double peak_int8(size_t rounds) {
  constexpr int kChains = 12;
  __m256i c[kChains];
#pragma GCC unroll 12
  for (int i = 0; i < kChains; ++i) c[i] = _mm256_set1_epi32(i);
  const __m256i a = _mm256_set1_epi16(5), b = _mm256_set1_epi16(3);
  for (size_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) {
      __m256i product;  // written out, or the compiler would multiply once for all chains
      asm volatile("vpmaddwd %2, %3, %1\n\tvpaddd %1, %0, %0"
                   : "+x"(c[i]), "=&x"(product)
                   : "x"(a), "x"(b));
    }
  }
  volatile int sink = 0;
#pragma GCC unroll 12
  for (int i = 0; i < kChains; ++i) {  // unrolled like the others, or c would live in memory
    sink = sink ^ _mm_cvtsi128_si32(_mm256_castsi256_si128(c[i]));
  }
  return 2.0 * 16 * kChains * static_cast<double>(rounds);
}

}  // namespace

Peaks avx2_peaks() { return {.f32 = peak_f32, .bf16 = nullptr, .int8 = peak_int8}; }

}  // namespace twin::kernels
