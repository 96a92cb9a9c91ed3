#include "engine/tensor/quantize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "base/random.h"
#include "engine/tensor/blocks.h"

namespace twin {
namespace {

std::vector<uint8_t> bytes_of(const std::string& hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

std::vector<float> floats_of(const std::string& hex) {
  const std::vector<uint8_t> bytes = bytes_of(hex);
  std::vector<float> floats(bytes.size() / sizeof(float));
  std::memcpy(floats.data(), bytes.data(), bytes.size());
  return floats;
}

DType dtype_of(const std::string& name) {
  for (int i = 0; i <= static_cast<int>(DType::kQ6_K); ++i) {
    if (dtype_info(static_cast<DType>(i)).name == name) return static_cast<DType>(i);
  }
  ADD_FAILURE() << name;
  return DType::kF32;
}

// Golden: tests/golden/make_blocks_golden.py, the package gguf.
class GoldenBlocks : public ::testing::Test {
 protected:
  const Json golden_ =
      parse_json(read_file(std::filesystem::path(TWIN_SOURCE_DIR) / "tests/golden/blocks.json"),
                 "blocks.json");
};

TEST_F(GoldenBlocks, StandForTheSameValuesBitForBit) {
  for (const auto& [name, entry] : golden_.items()) {
    const std::vector<uint8_t> blocks = bytes_of(entry["blocks"]);
    const std::vector<float> wanted = floats_of(entry["values"]);
    std::vector<float> found(wanted.size());
    ASSERT_EQ(dtype_bytes(dtype_of(name), found.size()), blocks.size()) << name;
    dequantize(dtype_of(name), blocks.data(), found);
    EXPECT_EQ(std::memcmp(found.data(), wanted.data(), found.size() * sizeof(float)), 0) << name;
  }
}

TEST_F(GoldenBlocks, AreMadeOfTheSameValuesBitForBit) {
  size_t types = 0;
  for (const auto& [name, entry] : golden_.items()) {
    if (!entry.contains("from")) continue;
    ++types;
    const std::vector<float> values = floats_of(entry["from"]);
    const std::vector<uint8_t> wanted = bytes_of(entry["quantized"]);
    std::vector<uint8_t> found(wanted.size());
    quantize(dtype_of(name), values, found.data());
    const size_t block = dtype_info(dtype_of(name)).bytes;
    for (size_t i = 0; i < wanted.size(); ++i) {
      ASSERT_EQ(found[i], wanted[i]) << name << ", block " << i / block << ", byte " << i % block;
    }
  }
  EXPECT_EQ(types, 6u);
}

// Root of the mean square of what quantising changes, of values around 1.
double error_of(DType dtype, const std::vector<float>& values) {
  std::vector<uint8_t> blocks(dtype_bytes(dtype, values.size()));
  quantize(dtype, values, blocks.data());
  std::vector<float> back(values.size());
  dequantize(dtype, blocks.data(), back);
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double miss = static_cast<double>(back[i]) - static_cast<double>(values[i]);
    sum += miss * miss;
  }
  return std::sqrt(sum / static_cast<double>(values.size()));
}

TEST(Quantize, MoreBitsMissLess) {
  std::vector<float> values(4096);
  Random random(3);
  for (float& x : values) x = static_cast<float>(random.normal());
  EXPECT_EQ(error_of(DType::kF32, values), 0);
  EXPECT_LT(error_of(DType::kF16, values), 3e-4);
  EXPECT_LT(error_of(DType::kBF16, values), 2.5e-3);
  EXPECT_LT(error_of(DType::kQ8_0, values), 7e-3);
  EXPECT_LT(error_of(DType::kQ6_K, values), 2.1e-2);
  EXPECT_LT(error_of(DType::kQ5_K, values), 4.5e-2);
  EXPECT_LT(error_of(DType::kQ4_K, values), 8e-2);
  EXPECT_LT(error_of(DType::kQ4_K, values), error_of(DType::kQ4_0, values));
}

TEST(Quantize, BlocksOfOneValueKeepIt) {
  for (const DType dtype : {DType::kQ8_0, DType::kQ4_0, DType::kQ4_1, DType::kQ5_0, DType::kQ5_1,
                            DType::kQ4_K, DType::kQ5_K, DType::kQ6_K}) {
    for (const float value : {0.0f, 0.5f, -2.0f}) {
      EXPECT_LT(error_of(dtype, std::vector<float>(256, value)), 0.02 * std::abs(value) + 1e-9)
          << dtype_info(dtype).name << " of " << value;
    }
    // Far apart in size within one block: nothing overflows.
    std::vector<float> values(256, 1e-30f);
    values[7] = 1e30f;
    std::vector<uint8_t> blocks(dtype_bytes(dtype, values.size()));
    quantize(dtype, values, blocks.data());
  }
}

}  // namespace
}  // namespace twin
