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
  for (const __m256& x : c) sink = sink + _mm256_cvtss_f32(x);
  return 2.0 * 8 * kChains * static_cast<double>(rounds);
}

}  // namespace

Peaks avx2_peaks() { return {.f32 = peak_f32}; }

}  // namespace twin::kernels
