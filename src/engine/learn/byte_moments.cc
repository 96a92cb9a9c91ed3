#include "engine/learn/byte_moments.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/error.h"

namespace twin {
namespace {

constexpr float kLargest = 1.875f;  // of a code, without the scale
constexpr int kMantissaBits = 3, kDropped = 23 - kMantissaBits;

constexpr int bias_of(ByteFloat type) { return type == ByteFloat::kSigned ? 15 : 31; }
constexpr uint32_t largest_code(ByteFloat type) { return type == ByteFloat::kSigned ? 127 : 255; }

// The power 2^exponent of a normal float.
constexpr float power(int exponent) {
  return std::bit_cast<float>(static_cast<uint32_t>(exponent + 127) << 23);
}

constexpr std::array<float, 256> make_table(ByteFloat type) {
  std::array<float, 256> table{};
  for (uint32_t code = 0; code < 256; ++code) {
    const bool negative = type == ByteFloat::kSigned && code > 127;
    const uint32_t magnitude = negative ? code - 128 : code;
    const auto exponent = static_cast<int>(magnitude >> kMantissaBits);
    const float fraction = static_cast<float>(magnitude & 7) / 8;
    const float value = exponent == 0 ? fraction * power(1 - bias_of(type))
                                      : (1 + fraction) * power(exponent - bias_of(type));
    table[code] = negative ? -value : value;
  }
  return table;
}
constexpr std::array<std::array<float, 256>, 2> kTables = {make_table(ByteFloat::kSigned),
                                                           make_table(ByteFloat::kUnsigned)};

// 20 random bits of a place.
uint32_t random_bits(uint32_t seed, uint32_t place) {
  uint32_t x = seed ^ (place * 0x9e3779b1u);
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  return x >> 12;
}

// The code of y >= 0, in units of the scale.
uint32_t encode(ByteFloat type, float y, uint32_t random) {
  const int bias = bias_of(type);
  uint32_t code = 0;
  if (y >= power(1 - bias)) {
    // Adding below the bits that stay carries into them as often as it should.
    const uint32_t bits = std::bit_cast<uint32_t>(y) + random;
    code = (bits >> kDropped) - (static_cast<uint32_t>(127 - bias) << kMantissaBits);
  } else {
    const float steps = y * power(bias - 1 + kMantissaBits);
    const float share = static_cast<float>(random) * power(-kDropped);
    code = static_cast<uint32_t>(steps + share);
    if (type == ByteFloat::kUnsigned && y > 0) code = std::max(code, 1u);
  }
  return std::min(code, largest_code(type));
}

}  // namespace

void decode_block(ByteFloat type, std::span<const uint8_t> codes, float scale,
                  std::span<float> values) {
  TWIN_DCHECK(codes.size() == values.size());
  const std::array<float, 256>& table = kTables[static_cast<size_t>(type)];
  for (size_t i = 0; i < codes.size(); ++i) values[i] = table[codes[i]] * scale;
}

float encode_block(ByteFloat type, std::span<const float> values, uint32_t seed,
                   std::span<uint8_t> codes) {
  TWIN_DCHECK(codes.size() == values.size());
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  const float scale = largest / kLargest;
  // Values so small that their scale has no reciprocal are none.
  const float per_scale = 1 / scale;
  if (!std::isfinite(per_scale)) {
    std::fill(codes.begin(), codes.end(), uint8_t{0});
    return 0;
  }
  for (size_t i = 0; i < values.size(); ++i) {
    const uint32_t random = random_bits(seed, static_cast<uint32_t>(i));
    const uint32_t code = encode(type, std::abs(values[i]) * per_scale, random);
    const bool negative = type == ByteFloat::kSigned && values[i] < 0;
    codes[i] = static_cast<uint8_t>(code + (negative ? 128 : 0));
  }
  return scale;
}

}  // namespace twin
