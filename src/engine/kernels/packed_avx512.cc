#include <immintrin.h>

#include <cstring>

#include "engine/kernels/packed_x86.h"
#include "engine/kernels/vec_avx512.h"

namespace twin::kernels {
namespace {
namespace avx512 {

struct PackedIsa {
  using Vec = avx512::Vec;
  using I = Ints;
  // Floats: 28 sums, 2 of W and 1 of x in the 32 registers; integers as in linear_avx512.cc.
  static constexpr size_t kFloatRows = 14, kWordRows = 6, kByteRows = 6;

  static I zero() { return I{}; }
  static I load(const std::byte* p) { return ints(_mm512_load_si512(p)); }
  static I broadcast(const std::byte* p) {
    int32_t four;
    std::memcpy(&four, p, sizeof four);
    return ints(_mm512_set1_epi32(four));
  }
  static Vec to_float(I v) { return {_mm512_cvtepi32_ps(bits(v))}; }
  static I words(I sum, I w, I x) { return ints(_mm512_dpwssd_epi32(bits(sum), bits(w), bits(x))); }
  static void bytes(I (&sums)[2], const std::byte* w, const std::byte* x) {
    for (size_t s = 0; s < 4; ++s) {
      const I v = broadcast(x + 4 * s);
      for (size_t j = 0; j < 2; ++j) {
        const I part = load(w + 128 * s + 64 * j);
        sums[j] = ints(_mm512_dpbusd_epi32(bits(sums[j]), bits(v), bits(part)));
      }
    }
  }
};

}  // namespace avx512
}  // namespace

const PackedParts& avx512_packed() {
  static const PackedParts parts = x86::Packed<avx512::PackedIsa>::parts();
  return parts;
}

}  // namespace twin::kernels
