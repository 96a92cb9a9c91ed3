#include <immintrin.h>

#include "engine/kernels/kernels_impl.h"
#include "engine/kernels/linear_x86.h"
#include "engine/kernels/tables.h"
#include "engine/kernels/vec_avx2.h"

namespace twin::kernels {
namespace {
namespace avx2 {

// 6 x 16: 12 accumulators, 2 of B, 1 of A in the 16 registers.
template <class Element>
struct Micro {
  using T = Element;
  static constexpr size_t kMr = 6, kNr = 16, kPair = 1;

  static __m256 load8(const float* p) { return _mm256_load_ps(p); }
  static __m256 load8(const bf16* p) {
    const __m128i half = _mm_load_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
  }
  static __m256 broadcast(const float* p) { return _mm256_broadcast_ss(p); }
  static __m256 broadcast(const bf16* p) { return _mm256_set1_ps(bf16_to_f32(*p)); }

  static void run(size_t groups, const T* a, const T* b, float* C, size_t ldc, bool accumulate) {
    __m256 c[kMr][2] = {};
    for (size_t k = 0; k < groups; ++k, a += kMr, b += kNr) {
      const __m256 b0 = load8(b), b1 = load8(b + 8);
#pragma GCC unroll 6
      for (size_t i = 0; i < kMr; ++i) {
        const __m256 x = broadcast(a + i);
        c[i][0] = _mm256_fmadd_ps(x, b0, c[i][0]);
        c[i][1] = _mm256_fmadd_ps(x, b1, c[i][1]);
      }
    }
#pragma GCC unroll 6
    for (size_t i = 0; i < kMr; ++i) {
      float* row = C + i * ldc;
      if (accumulate) {
        c[i][0] = _mm256_add_ps(c[i][0], _mm256_loadu_ps(row));
        c[i][1] = _mm256_add_ps(c[i][1], _mm256_loadu_ps(row + 8));
      }
      _mm256_storeu_ps(row, c[i][0]);
      _mm256_storeu_ps(row + 8, c[i][1]);
    }
  }
};

}  // namespace avx2
}  // namespace

const Kernels& avx2_kernels() {
  static const Kernels table = make_table<avx2::Vec, avx2::Micro<float>, avx2::Micro<bf16>>(
      Isa::kAvx2, "avx2", avx2_linear());
  return table;
}

}  // namespace twin::kernels
