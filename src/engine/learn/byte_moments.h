#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace twin {

// Values in 8 bits each: blocks of 256 with a scale of their own, in which a value is a small
// float. Half the memory of f32 moments and more, at a relative error of a 16th on average. Source
// of the idea: Dettmers et al. 2021, arXiv:2110.02861; the code here is a float of 3 bits of
// mantissa instead of their table, and rounds at random, so that small changes are not lost:
//
//   signed:    s eeee mmm, values +-(1 + m/8) 2^(e-15), below e = 1 m/8 2^-14
//   unsigned:  eeeee mmm,  values   (1 + m/8) 2^(e-31), below e = 1 m/8 2^-30
//
// times the scale, which is the block's largest absolute value / 1.875.
struct ByteMoments {
  static constexpr size_t kBlock = 256;

  std::vector<uint8_t> codes;  // one for each value
  std::vector<float> scales;   // one for each block; a parameter begins a new block

  bool operator==(const ByteMoments&) const = default;
};

enum class ByteFloat { kSigned, kUnsigned };

// A block's values; codes.size() == values.size() <= kBlock.
void decode_block(ByteFloat type, std::span<const uint8_t> codes, float scale,
                  std::span<float> values);

// Rounds a block up or down at random, each value to one of the two codes around it, the nearer the
// likelier, so that the mean of many roundings is the value. Random numbers follow from `seed` and
// the position in the block alone. Unsigned values below the least are rounded up to it: AdamW
// divides by them. Returns the scale.
float encode_block(ByteFloat type, std::span<const float> values, uint32_t seed,
                   std::span<uint8_t> codes);

}  // namespace twin
