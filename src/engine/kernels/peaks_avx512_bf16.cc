#include <immintrin.h>

#include "engine/kernels/peaks.h"

namespace twin::kernels {
namespace {

double peak_bf16(size_t rounds) {
  constexpr int kChains = 24;
  __m512 c[kChains];
  // All different, or the compiler would keep one.
  for (int i = 0; i < kChains; ++i) c[i] = _mm512_set1_ps(static_cast<float>(i));
  const auto a = reinterpret_cast<__m512bh>(_mm512_set1_epi16(0x3f00));  // 0.5
  const auto b = reinterpret_cast<__m512bh>(_mm512_set1_epi16(0x3c00));  // 2^-7
  for (size_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i) c[i] = _mm512_dpbf16_ps(c[i], a, b);
  }
  volatile float sink = 0;
#pragma GCC unroll 24
  for (int i = 0; i < kChains; ++i) sink = sink + _mm512_cvtss_f32(c[i]);
  return 2.0 * 32 * kChains * static_cast<double>(rounds);
}

}  // namespace

Peaks avx512_bf16_peaks() {
  Peaks peaks = avx512_peaks();
  peaks.bf16 = peak_bf16;
  return peaks;
}

}  // namespace twin::kernels
