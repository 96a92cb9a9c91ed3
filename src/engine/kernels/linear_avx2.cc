#include <immintrin.h>

#include "engine/kernels/linear_parts_x86.h"
#include "engine/kernels/linear_x86.h"
#include "engine/kernels/vec_avx2.h"

namespace twin::kernels {
namespace {
namespace avx2 {

// 6 x 16: 12 sums, 2 of W, 1 of x and a product in the 16 registers.
struct Unit {
  using Vec = avx2::Vec;
  using I = __m256i;
  static constexpr size_t kMr = 6;

  static I load(const std::byte* p) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(p));
  }
  static I start(int32_t) { return _mm256_setzero_si256(); }
  static I broadcast(const std::byte* p) {
    int32_t bits;
    std::memcpy(&bits, p, sizeof bits);
    return _mm256_set1_epi32(bits);
  }
  static Vec to_float(I v) { return {_mm256_cvtepi32_ps(v)}; }
};

// The steps are written out: GCC 12 gathers the broadcasts of a step first and then has no
// registers for the sums, at half the speed.
struct Words : Unit {
  static constexpr bool kWords = true;
  static constexpr size_t kSteps = 16;
  static I step(I sum, I w, I x) {
    I product;
    asm volatile("vpmaddwd %[w], %[x], %[product]\n\tvpaddd %[product], %[sum], %[sum]"
                 : [sum] "+x"(sum), [product] "=&x"(product)
                 : [w] "x"(w), [x] "x"(x));
    return sum;
  }
  static I finish(I sum, int32_t) { return sum; }  // words have no offset
};

// Weights of at most 4 bits: a group's eight sums of two products, 8 * 2 * 15 * 127, stay in 16
// bits, so that one multiplication in nine widens.
struct Bytes : Unit {
  static constexpr bool kWords = false;
  static constexpr size_t kSteps = 8;
  static I step(I sum, I w, I x) {
    I product;
    asm volatile("vpmaddubsw %[x], %[w], %[product]\n\tvpaddw %[product], %[sum], %[sum]"
                 : [sum] "+x"(sum), [product] "=&x"(product)
                 : [w] "x"(w), [x] "x"(x));
    return sum;
  }
  static I finish(I sum, int32_t n) {
    return _mm256_sub_epi32(_mm256_madd_epi16(sum, _mm256_set1_epi16(1)), _mm256_set1_epi32(n));
  }
};

struct F32 {
  static constexpr size_t kBytes = 4;
  static Vec load(const uint8_t* p) { return {_mm256_loadu_ps(reinterpret_cast<const float*>(p))}; }
};
struct F16 {
  static constexpr size_t kBytes = 2;
  static Vec load(const uint8_t* p) { return {x86::HalfEight::load(p).v}; }
};
struct BF16 {
  static constexpr size_t kBytes = 2;
  static Vec load(const uint8_t* p) { return {x86::Bf16Eight::load(p).v}; }
};

struct Isa {
  static constexpr size_t kPackRows = 4, kFloatStreams = 8;
  using Vec = avx2::Vec;
  using Dot = x86::DotAvx2;
  using Words = avx2::Words;
  template <class Type>
  using Quantized = std::conditional_t<Type::kBits == 4, avx2::Bytes, avx2::Words>;
  using F32 = avx2::F32;
  using F16 = avx2::F16;
  using BF16 = avx2::BF16;
};

}  // namespace avx2
}  // namespace

LinearParts avx2_linear() { return x86::Linear<avx2::Isa>::parts(); }

}  // namespace twin::kernels
