#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/kernels/packed_call.h"

// The reference of packed products, as plain as what packed.h says.
namespace twin::kernels {
namespace {

constexpr size_t kPanel = 8;

// Element (m, r) before the products are added.
float start(const PackedCall& call, size_t m, size_t r) {
  const float y = call.accumulate ? call.y[m * call.ldy + r] : 0.0f;
  return call.bias == nullptr ? y : y + call.bias[r];
}

template <class Body>
void for_elements(const PackedCall& call, size_t begin, size_t end, const Body& body) {
  for (size_t m = 0; m < call.M; ++m) {
    for (size_t r = begin * kPanel; r < std::min(end * kPanel, call.W.rows); ++r) {
      call.y[m * call.ldy + r] =
          body(call.x + m * call.x_stride, m, r / kPanel, r % kPanel, start(call, m, r));
    }
  }
}

void floats(const PackedCall& call, size_t begin, size_t end) {
  for_elements(call, begin, end, [&](const std::byte* x, size_t, size_t panel, size_t at, float y) {
    const auto* a = reinterpret_cast<const float*>(x);
    const auto* w = reinterpret_cast<const float*>(call.W.panel(panel));
    double sum = y;
    for (size_t k = 0; k < call.W.depth; ++k) {
      sum += static_cast<double>(a[k]) * w[k * kPanel + at];
    }
    return static_cast<float>(sum);
  });
}

template <class X, class W, size_t along, bool has_low>
void integers(const PackedCall& call, size_t begin, size_t end) {
  const size_t groups = call.W.depth / kPackedGroup;
  for_elements(call, begin, end,
               [&](const std::byte* x, size_t m, size_t panel, size_t at, float y) {
                 const auto* a = reinterpret_cast<const X*>(x);
                 const auto* w = reinterpret_cast<const W*>(call.W.panel(panel));
                 const float* scales = call.W.panel_scales(panel);
                 for (size_t g = 0; g < groups; ++g) {
                   int32_t sum = 0;
                   for (size_t k = g * kPackedGroup; k < (g + 1) * kPackedGroup; ++k) {
                     sum += a[k] * w[(k / along * kPanel + at) * along + k % along];
                   }
                   const float* d = scales + g * (has_low ? 2 : 1) * kPanel + at;
                   y = std::fma(static_cast<float>(sum) * d[0], call.d[m * groups + g], y);
                   if (has_low) y = std::fma(d[kPanel], call.low[m * groups + g], y);
                 }
                 return y;
               });
}

void to_words(size_t K, const float* x, int16_t* q, float* d) {
  for (size_t first = 0; first < K; first += kPackedGroup, ++d, q += kPackedGroup) {
    const size_t count = std::min(kPackedGroup, K - first);
    float largest = 0;
    bool finite = true;
    for (size_t i = 0; i < count; ++i) {
      finite = finite && std::isfinite(x[first + i]);
      largest = std::max(largest, std::abs(x[first + i]));
    }
    const bool none = largest < 0x1p-100f || !finite;
    *d = !finite ? std::numeric_limits<float>::quiet_NaN()
         : none  ? 0
                 : largest / kLargestPackedWord;
    const float inverse = none ? 0 : 1 / *d;
    for (size_t i = 0; i < kPackedGroup; ++i) {
      q[i] = i < count && !none ? static_cast<int16_t>(std::nearbyint(x[first + i] * inverse)) : 0;
    }
  }
}

void to_bytes(size_t K, const float* x, uint8_t* q, float* d, float* low) {
  for (size_t first = 0; first < K; first += kPackedGroup, ++d, ++low, q += kPackedGroup) {
    const size_t count = std::min(kPackedGroup, K - first);
    float least = x[first], most = x[first];
    bool finite = true;
    for (size_t i = 0; i < count; ++i) {
      finite = finite && std::isfinite(x[first + i]);
      least = std::min(least, x[first + i]);
      most = std::max(most, x[first + i]);
    }
    const float range = most - least;
    const bool none = !(range >= 0x1p-100f) || !finite;
    *d = !finite ? std::numeric_limits<float>::quiet_NaN() : none ? 0 : range / kLargestPackedByte;
    *low = finite ? least : 0;
    const float inverse = none ? 0 : 1 / *d;
    for (size_t i = 0; i < kPackedGroup; ++i) {
      q[i] = i < count && !none
                 ? static_cast<uint8_t>(std::nearbyint((x[first + i] - least) * inverse))
                 : 0;
    }
  }
}

}  // namespace

const PackedParts& scalar_packed() {
  static constexpr PackedParts kParts = {
      kPanel,   floats,  integers<int16_t, int16_t, 2, false>, integers<uint8_t, int8_t, 4, true>,
      to_words, to_bytes};
  return kParts;
}

}  // namespace twin::kernels
