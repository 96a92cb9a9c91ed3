#include <immintrin.h>

#include <cstring>

#include "engine/kernels/packed_x86.h"
#include "engine/kernels/vec_avx512.h"

namespace twin::kernels {
namespace {
namespace avx512 {

struct PackedIsa {
  using Vec = avx512::Vec;
  using I = __m512i;
  // 28 sums, 2 of W and 1 of x in the 32 registers; bytes: 24 sums, 2 of W and 1 of x.
  static constexpr size_t kFloatRows = 14, kWordRows = 14, kByteRows = 12;

  static I zero() { return _mm512_setzero_si512(); }
  static I load(const std::byte* p) { return _mm512_load_si512(p); }
  static I broadcast(const std::byte* p) {
    int32_t bits;
    std::memcpy(&bits, p, sizeof bits);
    return _mm512_set1_epi32(bits);
  }
  static Vec to_float(I v) { return {_mm512_cvtepi32_ps(v)}; }
  static I words(I sum, I w, I x) { return _mm512_dpwssd_epi32(sum, w, x); }
  static void bytes(I (&sums)[2], const std::byte* w, const std::byte* x) {
    for (size_t s = 0; s < 4; ++s) {
      const I v = broadcast(x + 4 * s);
      sums[0] = _mm512_dpbusd_epi32(sums[0], v, load(w + 128 * s));
      sums[1] = _mm512_dpbusd_epi32(sums[1], v, load(w + 128 * s + 64));
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
