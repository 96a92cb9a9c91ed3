#include <immintrin.h>

#include "engine/kernels/linear_parts_x86.h"
#include "engine/kernels/linear_x86.h"
#include "engine/kernels/vec_avx512.h"

namespace twin::kernels {
namespace {
namespace avx512 {

// 6 x 32: 12 sums, as many of C, 2 of W and 1 of x in the 32 registers. Longer tiles, whose C is in
// memory, reach three quarters of the speed on Zen 4.
struct Unit {
  using Vec = avx512::Vec;
  using I = Ints;
  static constexpr size_t kMr = 6;

  static I start(int32_t n) { return ints(_mm512_set1_epi32(-n)); }
  static I load(const std::byte* p) { return ints(_mm512_load_si512(p)); }
  static I broadcast(const std::byte* p) {
    int32_t four;
    std::memcpy(&four, p, sizeof four);
    return ints(_mm512_set1_epi32(four));
  }
  static I finish(I sum, int32_t) { return sum; }
  static Vec to_float(I v) { return {_mm512_cvtepi32_ps(bits(v))}; }
};

struct Words : Unit {
  static constexpr bool kWords = true;
  static constexpr size_t kSteps = 16;
  static I step(I sum, I w, I x) { return ints(_mm512_dpwssd_epi32(bits(sum), bits(w), bits(x))); }
};

struct Bytes : Unit {
  static constexpr bool kWords = false;
  static constexpr size_t kSteps = 8;
  static I step(I sum, I w, I x) { return ints(_mm512_dpbusd_epi32(bits(sum), bits(w), bits(x))); }
};

// uint8 weights (int8 ones with 128 more) by int8 activations, four products to a lane.
struct Dot {
  static constexpr bool kBiased = true;
  // Zen 4 reads streams at up to 1.5 times the speed where its own prefetchers are left alone.
  static constexpr bool kAsksAhead = false;
  static constexpr size_t kMostRows = 8;
  static __m256i run(const x86::TwoRows& w, const x86::TwoRows& x, bool) {
    return add(add(_mm256_setzero_si256(), w.first, x.first), w.second, x.second);
  }
  static __m256i add(__m256i sums, __m256i w, __m256i x) { return _mm256_dpbusd_epi32(sums, w, x); }
};

struct F32 {
  static constexpr size_t kBytes = 4;
  static Vec load(const uint8_t* p) { return {_mm512_loadu_ps(p)}; }
};
struct F16 {
  static constexpr size_t kBytes = 2;
  static Vec load(const uint8_t* p) { return {_mm512_cvtph_ps(x86::load32(p))}; }
};
struct BF16 {
  static constexpr size_t kBytes = 2;
  static Vec load(const uint8_t* p) {
    return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(x86::load32(p)), 16))};
  }
};

struct Isa {
  static constexpr size_t kPackRows = 9, kFloatStreams = 4;
  using Vec = avx512::Vec;
  using Dot = avx512::Dot;
  using Words = avx512::Words;
  // Bytes but for the type with two scales in a group, which words can hold.
  template <class Type>
  using Quantized = std::conditional_t<Type::kHalves, avx512::Words, avx512::Bytes>;
  using F32 = avx512::F32;
  using F16 = avx512::F16;
  using BF16 = avx512::BF16;
};

}  // namespace avx512
}  // namespace

LinearParts avx512_linear() { return x86::Linear<avx512::Isa>::parts(); }

}  // namespace twin::kernels
