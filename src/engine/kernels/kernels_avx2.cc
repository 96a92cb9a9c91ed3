#include <immintrin.h>

#include "engine/kernels/kernels_impl.h"
#include "engine/kernels/tables.h"

namespace twin::kernels {
namespace {
namespace avx2 {

struct Vec {
  static constexpr size_t kLanes = 8;
  __m256 v;

  static Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
  static Vec set(float x) { return {_mm256_set1_ps(x)}; }
  void store(float* p) const { _mm256_storeu_ps(p, v); }
  friend Vec operator+(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
  friend Vec operator-(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
  friend Vec operator*(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
  friend Vec operator/(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }
  friend Vec fma(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
  friend Vec max(Vec a, Vec b) { return {_mm256_max_ps(a.v, b.v)}; }
  friend Vec min(Vec a, Vec b) { return {_mm256_min_ps(a.v, b.v)}; }
  friend float sum(Vec a) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
  }
  friend float hmax(Vec a) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
  }
  friend Vec round_to_int(Vec a) {
    return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
  }
  friend Vec scale_by_power_of_two(Vec x, Vec n) {
    const __m256i bits =
        _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127)), 23);
    return {_mm256_mul_ps(x.v, _mm256_castsi256_ps(bits))};
  }
  // x where a >= b, else 0.
  friend Vec zero_where_less(Vec x, Vec a, Vec b) {
    return {_mm256_and_ps(x.v, _mm256_cmp_ps(a.v, b.v, _CMP_GE_OQ))};
  }
};

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
  static const Kernels table =
      make_table<avx2::Vec, avx2::Micro<float>, avx2::Micro<bf16>>(Isa::kAvx2, "avx2");
  return table;
}

}  // namespace twin::kernels
