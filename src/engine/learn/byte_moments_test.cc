#include "engine/learn/byte_moments.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace twin {
namespace {

std::vector<float> spread(ByteFloat type, size_t count) {
  Random random(3);
  std::vector<float> values(count);
  for (float& value : values) {
    value = static_cast<float>(random.normal() * std::exp2(-20 * random.uniform()));
    if (type == ByteFloat::kUnsigned) value *= value;
  }
  return values;
}

class EachByteFloat : public ::testing::TestWithParam<ByteFloat> {};

// One of the two codes around a value: off by less than one step, an 8th of it, and for the least
// by the least step.
TEST_P(EachByteFloat, ErrorIsWithinAStep) {
  const ByteFloat type = GetParam();
  for (const size_t size : {size_t{1}, size_t{3}, size_t{17}, ByteMoments::kBlock}) {
    const std::vector<float> values = spread(type, size);
    std::vector<uint8_t> codes(size);
    std::vector<float> decoded(size);
    for (uint32_t seed = 0; seed < 50; ++seed) {
      const float scale = encode_block(type, values, seed, codes);
      decode_block(type, codes, scale, decoded);
      const double least = scale * std::exp2(type == ByteFloat::kSigned ? -17 : -33);
      for (size_t i = 0; i < size; ++i) {
        const double error = std::abs(static_cast<double>(decoded[i]) - values[i]);
        ASSERT_LE(error, std::max(std::abs(values[i]) / 8.0, least) * (1 + 1e-6)) << values[i];
        ASSERT_EQ(std::signbit(decoded[i]) && decoded[i] != 0, values[i] < 0 && decoded[i] != 0);
        if (type == ByteFloat::kUnsigned && values[i] > 0) {
          ASSERT_GT(decoded[i], 0);
        }
      }
    }
  }
}

TEST_P(EachByteFloat, MeanOfManyRoundingsIsTheValue) {
  const ByteFloat type = GetParam();
  const std::vector<float> values = {1, 0.53f, 0.011f, 3e-4f, 0};
  std::vector<uint8_t> codes(values.size());
  std::vector<float> decoded(values.size());
  std::vector<double> sums(values.size());
  constexpr int kTimes = 20000;
  for (uint32_t seed = 0; seed < kTimes; ++seed) {
    decode_block(type, codes, encode_block(type, values, seed * 77, codes), decoded);
    for (size_t i = 0; i < values.size(); ++i) sums[i] += decoded[i];
  }
  for (size_t i = 0; i < values.size(); ++i) {
    // A step is an 8th at most: its deviation over the root of the times, five times.
    EXPECT_NEAR(sums[i] / kTimes, values[i], 5 * values[i] / 8 / std::sqrt(kTimes)) << i;
  }
}

TEST_P(EachByteFloat, ZerosStayZeros) {
  const std::vector<float> values(7);
  std::vector<uint8_t> codes(7, 9);
  std::vector<float> decoded(7, 1);
  decode_block(GetParam(), codes, encode_block(GetParam(), values, 1, codes), decoded);
  EXPECT_EQ(decoded, values);
}

INSTANTIATE_TEST_SUITE_P(ByteMoments, EachByteFloat,
                         ::testing::Values(ByteFloat::kSigned, ByteFloat::kUnsigned),
                         [](const auto& tested) {
                           return std::string(tested.param == ByteFloat::kSigned ? "Signed"
                                                                                 : "Unsigned");
                         });

}  // namespace
}  // namespace twin
