#include <immintrin.h>

#include "stores/vectors/dot_kernels.h"

namespace twin::vectors {
namespace {

constexpr size_t kAhead = 4096;  // as in dot_avx2.cc

float dot(const float* row, const float* query, size_t dimensions) {
  __m512 a = _mm512_setzero_ps(), b = a;
  size_t i = 0;
  for (; i + 32 <= dimensions; i += 32) {
    a = _mm512_fmadd_ps(_mm512_loadu_ps(row + i), _mm512_loadu_ps(query + i), a);
    b = _mm512_fmadd_ps(_mm512_loadu_ps(row + i + 16), _mm512_loadu_ps(query + i + 16), b);
  }
  for (; i < dimensions; i += 16) {
    const size_t left = dimensions - i;
    const auto mask = static_cast<__mmask16>(left >= 16 ? 0xffffu : (1u << left) - 1u);
    a = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, row + i),
                        _mm512_maskz_loadu_ps(mask, query + i), a);
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(a, b));
}

__m512i widened(const int8_t* bytes) {
  return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes)));
}

void f32(const float* rows, size_t stride, size_t count, size_t dimensions, const float* query,
         float* out) {
  for (size_t i = 0; i < count; ++i) out[i] = dot(rows + i * stride, query, dimensions);
}

void int8(const int8_t* rows, size_t stride, size_t count, size_t dimensions, const int16_t* query,
          int32_t* out) {
  for (size_t i = 0; i < count; ++i) {
    const int8_t* row = rows + i * stride;
    __m512i sum = _mm512_setzero_si512();
    for (size_t d = 0; d < dimensions; d += 32) {
      if (count > 1) _mm_prefetch(reinterpret_cast<const char*>(row + kAhead + d), _MM_HINT_T0);
      sum =
          _mm512_add_epi32(sum, _mm512_madd_epi16(widened(row + d), _mm512_loadu_si512(query + d)));
    }
    out[i] = _mm512_reduce_add_epi32(sum);
  }
}

int32_t int8_pair(const int8_t* x, const int8_t* y, size_t dimensions) {
  __m512i sum = _mm512_setzero_si512();
  for (size_t d = 0; d < dimensions; d += 32) {
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(widened(x + d), widened(y + d)));
  }
  return _mm512_reduce_add_epi32(sum);
}

}  // namespace

const DotKernels& avx512_dot_kernels() {
  static constexpr DotKernels table = {"avx512", f32, int8, int8_pair};
  return table;
}

}  // namespace twin::vectors
