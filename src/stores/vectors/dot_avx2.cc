#include <immintrin.h>

#include "stores/vectors/dot_kernels.h"

namespace twin::vectors {
namespace {

// Bytes that a pass over many rows asks for before it reads them: some 300 ns of memory's time.
// Beyond the last row there may be nothing: a prefetch never faults.
constexpr size_t kAhead = 4096;

float sum_of(__m256 v) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

int32_t sum_of(__m256i v) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

float dot(const float* row, const float* query, size_t dimensions) {
  __m256 a = _mm256_setzero_ps(), b = a, c = a, d = a;
  size_t i = 0;
  for (; i + 32 <= dimensions; i += 32) {
    a = _mm256_fmadd_ps(_mm256_loadu_ps(row + i), _mm256_loadu_ps(query + i), a);
    b = _mm256_fmadd_ps(_mm256_loadu_ps(row + i + 8), _mm256_loadu_ps(query + i + 8), b);
    c = _mm256_fmadd_ps(_mm256_loadu_ps(row + i + 16), _mm256_loadu_ps(query + i + 16), c);
    d = _mm256_fmadd_ps(_mm256_loadu_ps(row + i + 24), _mm256_loadu_ps(query + i + 24), d);
  }
  for (; i + 8 <= dimensions; i += 8) {
    a = _mm256_fmadd_ps(_mm256_loadu_ps(row + i), _mm256_loadu_ps(query + i), a);
  }
  float sum = sum_of(_mm256_add_ps(_mm256_add_ps(a, b), _mm256_add_ps(c, d)));
  for (; i < dimensions; ++i) sum += row[i] * query[i];
  return sum;
}

__m256i widened(const int8_t* bytes) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
}

__m256i words(const int16_t* values) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values));
}

void f32(const float* rows, size_t stride, size_t count, size_t dimensions, const float* query,
         float* out) {
  for (size_t i = 0; i < count; ++i) out[i] = dot(rows + i * stride, query, dimensions);
}

template <bool kStreams>
int32_t dot(const int8_t* row, const int16_t* query, size_t dimensions) {
  __m256i a = _mm256_setzero_si256(), b = a;
  for (size_t d = 0; d < dimensions; d += 32) {
    if constexpr (kStreams) {
      _mm_prefetch(reinterpret_cast<const char*>(row + kAhead + d), _MM_HINT_T0);
    }
    a = _mm256_add_epi32(a, _mm256_madd_epi16(widened(row + d), words(query + d)));
    b = _mm256_add_epi32(b, _mm256_madd_epi16(widened(row + d + 16), words(query + d + 16)));
  }
  return sum_of(_mm256_add_epi32(a, b));
}

void int8(const int8_t* rows, size_t stride, size_t count, size_t dimensions, const int16_t* query,
          int32_t* out) {
  if (count == 1) {
    *out = dot<false>(rows, query, dimensions);
    return;
  }
  for (size_t i = 0; i < count; ++i) out[i] = dot<true>(rows + i * stride, query, dimensions);
}

int32_t int8_pair(const int8_t* x, const int8_t* y, size_t dimensions) {
  __m256i a = _mm256_setzero_si256(), b = a;
  for (size_t d = 0; d < dimensions; d += 32) {
    a = _mm256_add_epi32(a, _mm256_madd_epi16(widened(x + d), widened(y + d)));
    b = _mm256_add_epi32(b, _mm256_madd_epi16(widened(x + d + 16), widened(y + d + 16)));
  }
  return sum_of(_mm256_add_epi32(a, b));
}

}  // namespace

const DotKernels& avx2_dot_kernels() {
  static constexpr DotKernels table = {"avx2", f32, int8, int8_pair};
  return table;
}

}  // namespace twin::vectors
