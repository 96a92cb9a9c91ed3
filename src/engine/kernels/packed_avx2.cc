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
  // 12 sums, 2 of W and 1 of x in the 16 registers; bytes: 8 sums, 2 of x,
  // two chains, a product and ones; W is read from the first-level cache.
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

  // sums, two vectors of columns, += four steps of bytes: w lies as in the panel. Four
  // multiplications are summed in 16 bits, which hold them by the weights' rounding, before one
  // widens.
  static void bytes(I (&sums)[2], const std::byte* w, const std::byte* x) {
    const I ones = _mm256_set1_epi16(1);
    I a, b, chain0, chain1, product;
    asm volatile(
        "vpbroadcastd (%[x]), %[a]\n\t"
        "vpbroadcastd 4(%[x]), %[b]\n\t"
        "vpmaddubsw (%[w]), %[a], %[chain0]\n\t"
        "vpmaddubsw 32(%[w]), %[a], %[chain1]\n\t"
        "vpmaddubsw 64(%[w]), %[b], %[product]\n\t"
        "vpmaddubsw 96(%[w]), %[b], %[b]\n\t"
        "vpaddw %[product], %[chain0], %[chain0]\n\t"
        "vpaddw %[b], %[chain1], %[chain1]\n\t"
        "vpbroadcastd 8(%[x]), %[a]\n\t"
        "vpbroadcastd 12(%[x]), %[b]\n\t"
        "vpmaddubsw 128(%[w]), %[a], %[product]\n\t"
        "vpmaddubsw 160(%[w]), %[a], %[a]\n\t"
        "vpaddw %[product], %[chain0], %[chain0]\n\t"
        "vpaddw %[a], %[chain1], %[chain1]\n\t"
        "vpmaddubsw 192(%[w]), %[b], %[product]\n\t"
        "vpmaddubsw 224(%[w]), %[b], %[b]\n\t"
        "vpaddw %[product], %[chain0], %[chain0]\n\t"
        "vpaddw %[b], %[chain1], %[chain1]\n\t"
        "vpmaddwd %[ones], %[chain0], %[chain0]\n\t"
        "vpmaddwd %[ones], %[chain1], %[chain1]\n\t"
        "vpaddd %[chain0], %[sum0], %[sum0]\n\t"
        "vpaddd %[chain1], %[sum1], %[sum1]"
        : [sum0] "+x"(sums[0]), [sum1] "+x"(sums[1]), [a] "=&x"(a), [b] "=&x"(b),
          [chain0] "=&x"(chain0), [chain1] "=&x"(chain1), [product] "=&x"(product)
        : [w] "r"(w), [x] "r"(x), [ones] "x"(ones), "m"(*reinterpret_cast<const char(*)[256]>(w)),
          "m"(*reinterpret_cast<const char(*)[16]>(x)));
  }
};

}  // namespace avx2
}  // namespace

const PackedParts& avx2_packed() {
  static const PackedParts parts = x86::Packed<avx2::PackedIsa>::parts();
  return parts;
}

}  // namespace twin::kernels
