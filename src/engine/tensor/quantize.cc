#include "engine/tensor/quantize.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "engine/tensor/blocks.h"
#include "engine/tensor/quantize_k.h"

namespace twin {
namespace {

constexpr size_t kBlock = 32;

void put_half(uint8_t* place, float value) {
  const uint16_t bits = f32_to_f16(value);
  std::memcpy(place, &bits, sizeof bits);
}

float inverse(float d) { return d != 0 ? 1 / d : 0; }

// The value farthest from zero, with its sign; the first of several.
float extreme(const float* x) {
  float farthest = 0, found = 0;
  for (size_t i = 0; i < kBlock; ++i) {
    if (std::abs(x[i]) > farthest) {
      farthest = std::abs(x[i]);
      found = x[i];
    }
  }
  return found;
}

// Cut, not rounded: the caller adds the half. Requires a value from 0.
uint8_t level(float value, int most) {
  return static_cast<uint8_t>(std::min(static_cast<int>(value), most));
}

// Two values share a byte: the lower half of the block in the low bits.
void put_nibbles(uint8_t* place, const uint8_t* q) {
  for (size_t i = 0; i < kBlock / 2; ++i) {
    place[i] = static_cast<uint8_t>((q[i] & 15) | (q[i + kBlock / 2] & 15) << 4);
  }
}

void put_fifth_bits(uint8_t* place, const uint8_t* q) {
  std::fill_n(place, 4, uint8_t{0});
  for (size_t i = 0; i < kBlock; ++i) {
    place[i / 8] = static_cast<uint8_t>(place[i / 8] | (q[i] >> 4) << (i % 8));
  }
}

void q8_0(const float* x, uint8_t* block) {
  const float d = std::abs(extreme(x)) / 127, id = inverse(d);
  put_half(block, d);
  for (size_t i = 0; i < kBlock; ++i) {
    block[2 + i] = static_cast<uint8_t>(static_cast<int8_t>(std::round(x[i] * id)));
  }
}

// Symmetric: the extreme becomes the lowest level, -half.
float symmetric(const float* x, int half, uint8_t* q) {
  const float d = extreme(x) / static_cast<float>(-half), id = inverse(d);
  for (size_t i = 0; i < kBlock; ++i) {
    q[i] = level(x[i] * id + (static_cast<float>(half) + 0.5f), 2 * half - 1);
  }
  return d;
}

struct Range {
  float d, min;
};
// From the least value to the greatest in `most` steps.
Range ranged(const float* x, int most, uint8_t* q) {
  const auto [low, high] = std::minmax_element(x, x + kBlock);
  const Range range{(*high - *low) / static_cast<float>(most), *low};
  const float id = inverse(range.d);
  for (size_t i = 0; i < kBlock; ++i) q[i] = level((x[i] - range.min) * id + 0.5f, most);
  return range;
}

void q4_0(const float* x, uint8_t* block) {
  uint8_t q[kBlock];
  put_half(block, symmetric(x, 8, q));
  put_nibbles(block + 2, q);
}

void q4_1(const float* x, uint8_t* block) {
  uint8_t q[kBlock];
  const Range range = ranged(x, 15, q);
  put_half(block, range.d);
  put_half(block + 2, range.min);
  put_nibbles(block + 4, q);
}

void q5_0(const float* x, uint8_t* block) {
  uint8_t q[kBlock];
  put_half(block, symmetric(x, 16, q));
  put_fifth_bits(block + 2, q);
  put_nibbles(block + 6, q);
}

void q5_1(const float* x, uint8_t* block) {
  uint8_t q[kBlock];
  const Range range = ranged(x, 31, q);
  put_half(block, range.d);
  put_half(block + 2, range.min);
  put_fifth_bits(block + 4, q);
  put_nibbles(block + 8, q);
}

void for_blocks(DType dtype, std::span<const float> values, void* blocks,
                void (*one)(const float*, uint8_t*)) {
  const DTypeInfo& info = dtype_info(dtype);
  TWIN_CHECK(values.size() % info.block == 0);
  auto* block = static_cast<uint8_t*>(blocks);
  for (size_t i = 0; i < values.size(); i += info.block, block += info.bytes) {
    one(values.data() + i, block);
  }
}

uint16_t f32_to_bf16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  if (std::isnan(value)) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

void halves(std::span<const float> values, void* out, uint16_t (*one)(float)) {
  auto* place = static_cast<uint8_t*>(out);
  for (size_t i = 0; i < values.size(); ++i) {
    const uint16_t bits = one(values[i]);
    std::memcpy(place + 2 * i, &bits, sizeof bits);
  }
}

}  // namespace

void quantize(DType dtype, std::span<const float> values, void* blocks) {
  if (values.empty()) return;
  switch (dtype) {
    case DType::kF32:
      std::memcpy(blocks, values.data(), values.size_bytes());
      return;
    case DType::kF16:
      return halves(values, blocks, f32_to_f16);
    case DType::kBF16:
      return halves(values, blocks, f32_to_bf16);
    case DType::kQ8_0:
      return for_blocks(dtype, values, blocks, q8_0);
    case DType::kQ4_0:
      return for_blocks(dtype, values, blocks, q4_0);
    case DType::kQ4_1:
      return for_blocks(dtype, values, blocks, q4_1);
    case DType::kQ5_0:
      return for_blocks(dtype, values, blocks, q5_0);
    case DType::kQ5_1:
      return for_blocks(dtype, values, blocks, q5_1);
    case DType::kQ4_K:
      return for_blocks(dtype, values, blocks, quantize_q4_k);
    case DType::kQ5_K:
      return for_blocks(dtype, values, blocks, quantize_q5_k);
    case DType::kQ6_K:
      return for_blocks(dtype, values, blocks, quantize_q6_k);
    case DType::kI64:
    case DType::kI32:
    case DType::kU8:
      break;
  }
  throw Bug("quantize: an integer type");
}

}  // namespace twin
