#include "stores/vectors/dot_kernels.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace twin::vectors {
namespace {

class DotKernelsOf : public ::testing::TestWithParam<const DotKernels*> {};

TEST_P(DotKernelsOf, TailsAndStridesGiveTheReferencesSums) {
  Random random(7);
  for (const size_t n : {1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 384, 1000, 65536}) {
    const size_t stride = n + 3, rows = 5;
    std::vector<float> a(rows * stride), query(n), found(rows), expected(rows);
    for (float& x : a) x = static_cast<float>(random.normal());
    for (float& x : query) x = static_cast<float>(random.normal());
    GetParam()->f32(a.data(), stride, rows, n, query.data(), found.data());
    scalar_dot_kernels().f32(a.data(), stride, rows, n, query.data(), expected.data());
    for (size_t i = 0; i < rows; ++i) {
      EXPECT_NEAR(found[i], expected[i], 2e-6 * static_cast<double>(n)) << n;
    }

    const size_t m = padded(n), wide = m + 16;
    std::vector<int8_t> bytes(rows * wide);
    std::vector<int16_t> integers(m);
    // Full range, so that an overflow would show.
    for (int8_t& x : bytes) x = static_cast<int8_t>(random.below(2) != 0 ? 127 : -127);
    for (int16_t& x : integers)
      x = static_cast<int16_t>(random.below(2) != 0 ? query_max(n) : -query_max(n));
    std::vector<int32_t> sums(rows), reference(rows);
    GetParam()->int8(bytes.data(), wide, rows, m, integers.data(), sums.data());
    scalar_dot_kernels().int8(bytes.data(), wide, rows, m, integers.data(), reference.data());
    EXPECT_EQ(sums, reference) << n;
    EXPECT_EQ(GetParam()->int8_pair(bytes.data(), bytes.data() + wide, m),
              scalar_dot_kernels().int8_pair(bytes.data(), bytes.data() + wide, m));
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, DotKernelsOf, ::testing::ValuesIn(available_dot_kernels()),
                         [](const auto& test) { return std::string(test.param->name); });

TEST(DotKernels, AreChosenByName) {
  EXPECT_EQ(choose_dot_kernels("scalar").name, "scalar");
  EXPECT_THROW(choose_dot_kernels("mmx"), Error);
}

}  // namespace
}  // namespace twin::vectors
