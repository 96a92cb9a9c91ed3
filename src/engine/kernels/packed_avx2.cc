#include <immintrin.h>

#include <cstring>

#include "engine/kernels/packed_x86.h"
#include "engine/kernels/vec_avx2.h"

namespace twin::kernels {
namespace {
namespace avx2 {

struct PackedIsa {
  using Vec = avx2::Vec;
  using I = __m256i;
  // 12 sums, 2 of W and 1 of x in the 16 registers; bytes: 8 sums, 4 of W,
  // a chain, a product and ones.
  static constexpr size_t kFloatRows = 6, kWordRows = 6, kByteRows = 4;

  static I zero() { return _mm256_setzero_si256(); }
  static I load(const std::byte* p) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(p));
  }
  static I broadcast(const std::byte* p) {
    int32_t bits;
    std::memcpy(&bits, p, sizeof bits);
    return _mm256_set1_epi32(bits);
  }
  static Vec to_float(I v) { return {_mm256_cvtepi32_ps(v)}; }

  // Written out: GCC 12 gathers the broadcasts of a step first and then has no registers for the
  // sums.
  static I words(I sum, I w, I x) {
    I product;
    asm volatile("vpmaddwd %[w], %[x], %[product]\n\tvpaddd %[product], %[sum], %[sum]"
                 : [sum] "+x"(sum), [product] "=&x"(product)
                 : [w] "x"(w), [x] "x"(x));
    return sum;
  }

  // Four multiplications are summed in 16 bits, which hold them by the weights' rounding, before
  // one widens.
  static I bytes(I sum, const I (&w)[4], const std::byte* x) {
    const I ones = _mm256_set1_epi16(1);
    I chain, product;
    asm volatile(
        "vpbroadcastd (%[x]), %[chain]\n\t"
        "vpbroadcastd 4(%[x]), %[product]\n\t"
        "vpmaddubsw %[w0], %[chain], %[chain]\n\t"
        "vpmaddubsw %[w1], %[product], %[product]\n\t"
        "vpaddw %[product], %[chain], %[chain]\n\t"
        "vpbroadcastd 8(%[x]), %[product]\n\t"
        "vpmaddubsw %[w2], %[product], %[product]\n\t"
        "vpaddw %[product], %[chain], %[chain]\n\t"
        "vpbroadcastd 12(%[x]), %[product]\n\t"
        "vpmaddubsw %[w3], %[product], %[product]\n\t"
        "vpaddw %[product], %[chain], %[chain]\n\t"
        "vpmaddwd %[ones], %[chain], %[chain]\n\t"
        "vpaddd %[chain], %[sum], %[sum]"
        : [sum] "+x"(sum), [chain] "=&x"(chain), [product] "=&x"(product)
        : [w0] "x"(w[0]), [w1] "x"(w[1]), [w2] "x"(w[2]), [w3] "x"(w[3]), [ones] "x"(ones),
          [x] "r"(x), "m"(*reinterpret_cast<const char(*)[16]>(x)));
    return sum;
  }
};

}  // namespace avx2
}  // namespace

const PackedParts& avx2_packed() {
  static const PackedParts parts = x86::Packed<avx2::PackedIsa>::parts();
  return parts;
}

}  // namespace twin::kernels
