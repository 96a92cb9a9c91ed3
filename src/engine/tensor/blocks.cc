#include "engine/tensor/blocks.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/error.h"

namespace twin {
namespace {

// f16_to_f32() without branches, so that compilers turn loops of it into vectors.
inline float widen(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16, magnitude = half & 0x7fff;
  const uint32_t normal = (magnitude << 13) + (112 << 23);
  const auto subnormal =
      std::bit_cast<uint32_t>(static_cast<float>(static_cast<int32_t>(magnitude)) * 0x1p-24f);
  const uint32_t finite = magnitude < 0x400 ? subnormal : normal;
  return std::bit_cast<float>(sign | (magnitude < 0x7c00 ? finite : finite | 0x7f800000));
}

float half_at(const uint8_t* p) {
  uint16_t bits;
  std::memcpy(&bits, p, sizeof bits);
  return f16_to_f32(bits);
}

// 32 values as d * q: (half d, 32 int8).
void q8_0(const uint8_t* block, float* y) {
  const float d = half_at(block);
  for (size_t i = 0; i < 32; ++i) y[i] = d * static_cast<float>(static_cast<int8_t>(block[2 + i]));
}

// 32 values of 4 bits, low halves of the 16 bytes first: (half d, 16 bytes), q - 8.
void q4_0(const uint8_t* block, float* y) {
  const float d = half_at(block);
  for (size_t i = 0; i < 16; ++i) {
    y[i] = d * static_cast<float>((block[2 + i] & 15) - 8);
    y[i + 16] = d * static_cast<float>((block[2 + i] >> 4) - 8);
  }
}

// (half d, half m, 16 bytes): d * q + m.
void q4_1(const uint8_t* block, float* y) {
  const float d = half_at(block), m = half_at(block + 2);
  for (size_t i = 0; i < 16; ++i) {
    y[i] = d * static_cast<float>(block[4 + i] & 15) + m;
    y[i + 16] = d * static_cast<float>(block[4 + i] >> 4) + m;
  }
}

// The fifth bits of 32 values are those of a 32-bit word.
int fifth_bit(const uint8_t* word, size_t i) { return (word[i / 8] >> (i % 8) & 1) << 4; }

// (half d, 4 bytes of fifth bits, 16 bytes): d * (q - 16).
void q5_0(const uint8_t* block, float* y) {
  const float d = half_at(block);
  for (size_t i = 0; i < 16; ++i) {
    const uint8_t byte = block[6 + i];
    y[i] = d * static_cast<float>(((byte & 15) | fifth_bit(block + 2, i)) - 16);
    y[i + 16] = d * static_cast<float>(((byte >> 4) | fifth_bit(block + 2, i + 16)) - 16);
  }
}

// (half d, half m, 4 bytes of fifth bits, 16 bytes): d * q + m.
void q5_1(const uint8_t* block, float* y) {
  const float d = half_at(block), m = half_at(block + 2);
  for (size_t i = 0; i < 16; ++i) {
    const uint8_t byte = block[8 + i];
    y[i] = d * static_cast<float>((byte & 15) | fifth_bit(block + 4, i)) + m;
    y[i + 16] = d * static_cast<float>((byte >> 4) | fifth_bit(block + 4, i + 16)) + m;
  }
}

// Q4_K and Q5_K: eight groups of 32 with 6-bit scales and minima packed in 12 bytes.
struct ScaleAndMin {
  uint8_t scale, min;
};
ScaleAndMin scale_and_min(const uint8_t* packed, size_t group) {
  if (group < 4) {
    return {static_cast<uint8_t>(packed[group] & 63), static_cast<uint8_t>(packed[group + 4] & 63)};
  }
  return {static_cast<uint8_t>((packed[group + 4] & 15) | (packed[group - 4] >> 6 << 4)),
          static_cast<uint8_t>((packed[group + 4] >> 4) | (packed[group] >> 6 << 4))};
}

// (half d, half dmin, 12 bytes of scales, 128 bytes): d scale q - dmin min. Two groups share 32
// bytes: low halves, then high halves.
void q4_k(const uint8_t* block, float* y) {
  const float d = half_at(block), dmin = half_at(block + 2);
  for (size_t group = 0; group < 8; ++group) {
    const auto [scale, min] = scale_and_min(block + 4, group);
    const float a = d * scale, b = dmin * min;
    const uint8_t* bytes = block + 16 + group / 2 * 32;
    for (size_t i = 0; i < 32; ++i) {
      y[group * 32 + i] = a * static_cast<float>(bytes[i] >> (group % 2 * 4) & 15) - b;
    }
  }
}

// (half d, half dmin, 12 bytes of scales, 32 bytes of fifth bits, 128 bytes).
void q5_k(const uint8_t* block, float* y) {
  const float d = half_at(block), dmin = half_at(block + 2);
  for (size_t group = 0; group < 8; ++group) {
    const auto [scale, min] = scale_and_min(block + 4, group);
    const float a = d * scale, b = dmin * min;
    const uint8_t *high = block + 16, *bytes = block + 48 + group / 2 * 32;
    for (size_t i = 0; i < 32; ++i) {
      const int q = (bytes[i] >> (group % 2 * 4) & 15) | (high[i] >> group & 1) << 4;
      y[group * 32 + i] = a * static_cast<float>(q) - b;
    }
  }
}

// (128 bytes of low halves, 64 bytes of upper bit pairs, 16 int8 scales, half d): d scale (q - 32)
// for sixteen groups of 16. Each half of the block has 64 + 32 bytes and 128 values.
void q6_k(const uint8_t* block, float* y) {
  const float d = half_at(block + 208);
  for (size_t half = 0; half < 2; ++half) {
    const uint8_t *low = block + half * 64, *high = block + 128 + half * 32;
    const uint8_t* scales = block + 192 + half * 8;
    for (size_t i = 0; i < 128; ++i) {
      const size_t quarter = i / 32, at = i % 32;
      const int four = low[at + quarter % 2 * 32] >> (quarter / 2 * 4) & 15;
      const int two = high[at] >> (quarter * 2) & 3;
      const float scale = static_cast<float>(static_cast<int8_t>(scales[i / 16]));
      y[half * 128 + i] = d * scale * static_cast<float>((four | two << 4) - 32);
    }
  }
}

void for_blocks(DType dtype, const void* blocks, std::span<float> values,
                void (*one)(const uint8_t*, float*)) {
  const DTypeInfo& info = dtype_info(dtype);
  TWIN_CHECK(values.size() % info.block == 0);
  const auto* block = static_cast<const uint8_t*>(blocks);
  for (size_t i = 0; i < values.size(); i += info.block, block += info.bytes) {
    one(block, values.data() + i);
  }
}

}  // namespace

float f16_to_f32(uint16_t half) { return widen(half); }

uint16_t f32_to_f16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;  // rounds beyond 65504
  if (magnitude < 0x38800000) {                       // below 2^-14: subnormal, steps of 2^-24
    const float steps = std::nearbyint(std::bit_cast<float>(magnitude) * 0x1p24f);
    return sign | static_cast<uint16_t>(steps);
  }
  const uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
  return sign | static_cast<uint16_t>((rounded >> 13) - (112 << 10));
}

void dequantize(DType dtype, const void* blocks, std::span<float> values) {
  if (values.empty()) return;
  const auto* bytes = static_cast<const uint8_t*>(blocks);
  switch (dtype) {
    case DType::kF32:
      std::memcpy(values.data(), bytes, values.size_bytes());
      return;
    case DType::kF16:
      for (size_t i = 0; i < values.size(); ++i) {
        uint16_t half;
        std::memcpy(&half, bytes + 2 * i, sizeof half);
        values[i] = widen(half);
      }
      return;
    case DType::kBF16:
      for (size_t i = 0; i < values.size(); ++i) {
        uint16_t bits;
        std::memcpy(&bits, bytes + 2 * i, sizeof bits);
        values[i] = std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
      }
      return;
    case DType::kQ8_0:
      return for_blocks(dtype, blocks, values, q8_0);
    case DType::kQ4_0:
      return for_blocks(dtype, blocks, values, q4_0);
    case DType::kQ4_1:
      return for_blocks(dtype, blocks, values, q4_1);
    case DType::kQ5_0:
      return for_blocks(dtype, blocks, values, q5_0);
    case DType::kQ5_1:
      return for_blocks(dtype, blocks, values, q5_1);
    case DType::kQ4_K:
      return for_blocks(dtype, blocks, values, q4_k);
    case DType::kQ5_K:
      return for_blocks(dtype, blocks, values, q5_k);
    case DType::kQ6_K:
      return for_blocks(dtype, blocks, values, q6_k);
    case DType::kI64:
    case DType::kI32:
    case DType::kU8:
      break;
  }
  throw Bug("dequantize: an integer type");
}

}  // namespace twin
