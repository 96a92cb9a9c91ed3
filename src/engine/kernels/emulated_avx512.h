#pragma once

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

// The AVX-512 instructions that linear_avx512.cc uses, lane by lane from Intel's definitions
// (Intrinsics Guide), so that its logic is tested on processors without them: included before that
// file, it takes the intrinsics' names. For tests alone; slow.
namespace twin::kernels {
namespace {
namespace emulated {

struct Floats {
  float lane[16];
};
struct Ints {
  int32_t lane[16];
};

template <class To, class From>
To as(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}
template <class Vector>
Vector load(const void* p) {
  Vector v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline void store(void* p, const Floats& v) { std::memcpy(p, &v, sizeof v); }

template <class Body>
Floats floats(const Body& body) {
  Floats v;
  for (size_t i = 0; i < 16; ++i) v.lane[i] = body(i);
  return v;
}
template <class Body>
Ints ints(const Body& body) {
  Ints v;
  for (size_t i = 0; i < 16; ++i) v.lane[i] = body(i);
  return v;
}

inline Floats set(float x) {
  return floats([&](size_t) { return x; });
}
inline Ints set(int32_t x) {
  return ints([&](size_t) { return x; });
}
inline Floats add(const Floats& a, const Floats& b) {
  return floats([&](size_t i) { return a.lane[i] + b.lane[i]; });
}
inline Floats sub(const Floats& a, const Floats& b) {
  return floats([&](size_t i) { return a.lane[i] - b.lane[i]; });
}
inline Floats mul(const Floats& a, const Floats& b) {
  return floats([&](size_t i) { return a.lane[i] * b.lane[i]; });
}
inline Floats div(const Floats& a, const Floats& b) {
  return floats([&](size_t i) { return a.lane[i] / b.lane[i]; });
}
inline Floats max(const Floats& a, const Floats& b) {
  return floats([&](size_t i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
}
inline Floats min(const Floats& a, const Floats& b) {
  return floats([&](size_t i) { return a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]; });
}
inline Floats fmadd(const Floats& a, const Floats& b, const Floats& c) {
  return floats([&](size_t i) { return std::fma(a.lane[i], b.lane[i], c.lane[i]); });
}
inline Floats scalef(const Floats& a, const Floats& n) {
  return floats([&](size_t i) { return std::ldexp(a.lane[i], static_cast<int>(n.lane[i])); });
}
inline Floats round_to_nearest(const Floats& a) {
  return floats([&](size_t i) { return std::nearbyint(a.lane[i]); });
}
// The order of the real one is the compiler's; the kernels promise none across tables.
inline float reduce_add(const Floats& a) {
  float sums[16];
  std::copy_n(a.lane, 16, sums);
  for (size_t half = 8; half > 0; half /= 2) {
    for (size_t i = 0; i < half; ++i) sums[i] += sums[i + half];
  }
  return sums[0];
}
inline float reduce_max(const Floats& a) { return *std::max_element(a.lane, a.lane + 16); }
inline uint16_t not_less(const Floats& a, const Floats& b) {
  uint16_t mask = 0;
  for (size_t i = 0; i < 16; ++i) mask |= static_cast<uint16_t>((a.lane[i] >= b.lane[i]) << i);
  return mask;
}
inline Floats masked(uint16_t mask, const Floats& a) {
  return floats([&](size_t i) { return (mask >> i & 1) != 0 ? a.lane[i] : 0.0f; });
}

inline Ints sub(const Ints& a, const Ints& b) {
  return ints([&](size_t i) { return a.lane[i] - b.lane[i]; });
}
inline Ints slli(const Ints& a, int count) {
  return ints(
      [&](size_t i) { return static_cast<int32_t>(static_cast<uint32_t>(a.lane[i]) << count); });
}
inline Floats to_floats(const Ints& a) {
  return floats([&](size_t i) { return static_cast<float>(a.lane[i]); });
}
inline Ints widen(__m256i words) {
  const auto w = as<std::array<uint16_t, 16>>(words);
  return ints([&](size_t i) { return w[i]; });
}
inline Floats halves(__m256i words) {
  float out[16];
  _mm256_storeu_ps(out, _mm256_cvtph_ps(_mm256_castsi256_si128(words)));
  _mm256_storeu_ps(out + 8, _mm256_cvtph_ps(_mm256_extracti128_si256(words, 1)));
  return load<Floats>(out);
}

// sum + four products of unsigned and signed bytes, in 32 bits.
template <size_t lanes>
void dpbusd(int32_t* sum, const void* unsigned_bytes, const void* signed_bytes) {
  uint8_t a[4 * lanes];
  int8_t b[4 * lanes];
  std::memcpy(a, unsigned_bytes, sizeof a);
  std::memcpy(b, signed_bytes, sizeof b);
  for (size_t i = 0; i < 4 * lanes; ++i) sum[i / 4] += a[i] * b[i];
}
inline Ints dpbusd(Ints sum, const Ints& a, const Ints& b) {
  dpbusd<16>(sum.lane, &a, &b);
  return sum;
}
inline __m256i dpbusd(__m256i sum, __m256i a, __m256i b) {
  int32_t lane[8];
  std::memcpy(lane, &sum, sizeof lane);
  dpbusd<8>(lane, &a, &b);
  return load<__m256i>(lane);
}
// sum + two products of words.
inline Ints dpwssd(Ints sum, const Ints& a, const Ints& b) {
  int16_t x[32], y[32];
  std::memcpy(x, &a, sizeof x);
  std::memcpy(y, &b, sizeof y);
  for (size_t i = 0; i < 32; ++i) sum.lane[i / 2] += x[i] * y[i];
  return sum;
}

}  // namespace emulated
}  // namespace
}  // namespace twin::kernels

#define __m512 emulated::Floats
#define __m512i emulated::Ints
#define _mm512_add_ps emulated::add
#define _mm512_sub_ps emulated::sub
#define _mm512_mul_ps emulated::mul
#define _mm512_div_ps emulated::div
#define _mm512_max_ps emulated::max
#define _mm512_min_ps emulated::min
#define _mm512_fmadd_ps emulated::fmadd
#define _mm512_scalef_ps emulated::scalef
#undef _mm512_roundscale_ps
#define _mm512_roundscale_ps(a, mode) emulated::round_to_nearest(a)
#define _mm512_reduce_add_ps emulated::reduce_add
#define _mm512_reduce_max_ps emulated::reduce_max
#undef _mm512_cmp_ps_mask
#define _mm512_cmp_ps_mask(a, b, greater_or_equal) emulated::not_less(a, b)
#define _mm512_maskz_mov_ps emulated::masked
#define _mm512_set1_ps emulated::set
#define _mm512_set1_epi32 emulated::set
#define _mm512_setzero_si512() emulated::set(0)
#define _mm512_load_ps emulated::load<emulated::Floats>
#define _mm512_loadu_ps emulated::load<emulated::Floats>
#define _mm512_load_si512 emulated::load<emulated::Ints>
#define _mm512_storeu_ps emulated::store
#define _mm512_castsi512_ps emulated::as<emulated::Floats>
#define _mm512_cvtepi32_ps emulated::to_floats
#define _mm512_cvtepu16_epi32 emulated::widen
#define _mm512_cvtph_ps emulated::halves
#undef _mm512_slli_epi32
#define _mm512_slli_epi32 emulated::slli
#define _mm512_sub_epi32 emulated::sub
#define _mm512_dpbusd_epi32 emulated::dpbusd
#define _mm512_dpwssd_epi32 emulated::dpwssd
#undef _mm256_dpbusd_epi32
#define _mm256_dpbusd_epi32 emulated::dpbusd
