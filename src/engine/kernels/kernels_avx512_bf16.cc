#include <cstring>

#include "engine/kernels/linear_x86.h"
#include "engine/kernels/tables.h"
#include "engine/kernels/vec_avx512.h"

namespace twin::kernels {
namespace {

// Pairs of bf16 along K: one vdpbf16ps multiplies 32 pairs and adds them into 16 f32 sums.
struct DotMicro {
  using T = bf16;
  static constexpr size_t kMr = avx512::kTileRows, kNr = avx512::kTileColumns, kPair = 2;

  static __m512bh pairs(const bf16* p) { return reinterpret_cast<__m512bh>(_mm512_load_si512(p)); }
  static __m512bh broadcast_pair(const bf16* p) {
    int32_t bits;
    std::memcpy(&bits, p, sizeof bits);
    return reinterpret_cast<__m512bh>(_mm512_set1_epi32(bits));
  }

  static void run(size_t groups, const T* a, const T* b, float* C, size_t ldc, bool accumulate) {
    __m512 c[kMr][2] = {};
    for (size_t k = 0; k < groups; ++k, a += kMr * kPair, b += kNr * kPair) {
      const __m512bh b0 = pairs(b), b1 = pairs(b + 32);
#pragma GCC unroll 14
      for (size_t i = 0; i < kMr; ++i) {
        const __m512bh x = broadcast_pair(a + i * kPair);
        c[i][0] = _mm512_dpbf16_ps(c[i][0], x, b0);
        c[i][1] = _mm512_dpbf16_ps(c[i][1], x, b1);
      }
    }
    avx512::store_rows(c, C, ldc, accumulate);
  }
};

void to_bf16(size_t n, const float* x, bf16* y) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const __m256bh half = _mm512_cvtneps_pbh(_mm512_loadu_ps(x + i));
    std::memcpy(y + i, &half, sizeof half);
  }
  convert_to_bf16(n - i, x + i, y + i);
}

}  // namespace

const Kernels& avx512_bf16_kernels() {
  static const Kernels table = [] {
    Kernels made = make_table<avx512::Vec, avx512::Micro<float>, DotMicro>(
        Isa::kAvx512Bf16, "avx512_bf16", avx512_linear());
    made.to_bf16 = to_bf16;
    return made;
  }();
  return table;
}

}  // namespace twin::kernels
