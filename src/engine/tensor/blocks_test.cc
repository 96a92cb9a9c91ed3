#include "engine/tensor/blocks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace twin {
namespace {

TEST(F16, EveryValueSurvivesTheWayThere) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float value = f16_to_f32(half);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(f16_to_f32(f32_to_f16(value))));
    } else {
      ASSERT_EQ(f32_to_f16(value), half) << value;
    }
  }
}

TEST(F16, RoundsToNearestEven) {
  EXPECT_EQ(f32_to_f16(1 + 0x1p-11f), 0x3c00) << "halfway to the next: the even one";
  EXPECT_EQ(f32_to_f16(1 + 3 * 0x1p-11f), 0x3c02);
  EXPECT_EQ(f32_to_f16(65519.0f), 0x7bff);
  EXPECT_EQ(f32_to_f16(65520.0f), 0x7c00);
  EXPECT_EQ(f32_to_f16(-1e10f), 0xfc00);
  EXPECT_EQ(f32_to_f16(0x1p-25f), 0x0000);
  EXPECT_EQ(f32_to_f16(0x1.8p-25f), 0x0001);
  EXPECT_EQ(f32_to_f16(0x1.ffep-15f), 0x0400) << "the largest subnormal rounds up to a normal";
}

// d = 0.5 (0x3800), values written out by hand from ggml's layout.
TEST(Dequantize, Q8_0) {
  std::vector<uint8_t> block(34);
  block[1] = 0x38;
  block[2] = 2;
  block[3] = 0xff;
  std::vector<float> values(32);
  dequantize(DType::kQ8_0, block.data(), values);
  EXPECT_EQ(values[0], 1.0f);
  EXPECT_EQ(values[1], -0.5f);
  EXPECT_EQ(values[31], 0.0f);
}

TEST(Dequantize, Q4_0PutsLowHalvesFirst) {
  std::vector<uint8_t> block(18, 0x88);
  block[0] = 0;
  block[1] = 0x38;
  block[2] = 0xf0;
  std::vector<float> values(32);
  dequantize(DType::kQ4_0, block.data(), values);
  EXPECT_EQ(values[0], -4.0f);
  EXPECT_EQ(values[16], 3.5f);
  EXPECT_EQ(values[1], 0.0f);
}

TEST(Dequantize, FloatsAreWidened) {
  const uint16_t halves[] = {0x3c00, 0xc000};
  std::vector<float> values(2);
  dequantize(DType::kF16, halves, values);
  EXPECT_EQ(values, (std::vector<float>{1, -2}));
  const uint16_t brains[] = {0x3f80, 0xc000};
  dequantize(DType::kBF16, brains, values);
  EXPECT_EQ(values, (std::vector<float>{1, -2}));
}

}  // namespace
}  // namespace twin
