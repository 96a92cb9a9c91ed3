#include "engine/kernels/linear.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/random.h"
#include "engine/kernels/linear_call.h"
#include "engine/tensor/blocks.h"

namespace twin::kernels {

LinearParts emulated_avx512_linear();  // linear_emulated_avx512_test.cc

namespace {

// Every table that runs here, and the AVX-512 one with its instructions emulated.
std::vector<const Kernels*> tested_kernels() {
  std::vector<const Kernels*> tables = available_kernels();
#ifdef TWIN_X86_SIMD
  if (tables.size() > 1) {
    static const Kernels emulated = [&] {
      Kernels made = *tables[1];
      made.name = "avx512_emulated";
      made.linear = emulated_avx512_linear();
      return made;
    }();
    tables.push_back(&emulated);
  }
#endif
  return tables;
}

constexpr DType kFloatTypes[] = {DType::kF32, DType::kF16, DType::kBF16};
constexpr DType kQuantizedTypes[] = {DType::kQ8_0, DType::kQ4_0, DType::kQ4_1, DType::kQ5_0,
                                     DType::kQ5_1, DType::kQ4_K, DType::kQ5_K, DType::kQ6_K};

// Weights of any type: random bits are valid blocks once their f16 scales are finite and small.
struct Weights {
  std::vector<uint8_t> bytes;
  Matrix matrix;

  Weights(DType dtype, size_t rows, size_t cols, uint64_t seed) {
    Random random(seed);
    bytes.resize(dtype_bytes(dtype, rows * cols));
    matrix = {dtype, rows, cols, bytes.data()};
    if (!is_quantized(dtype)) {
      for (size_t i = 0; i < rows * cols; ++i) put(dtype, i, static_cast<float>(random.normal()));
      return;
    }
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.below(256));
    const DTypeInfo& info = dtype_info(dtype);
    const bool minimum = dtype == DType::kQ4_1 || dtype == DType::kQ5_1 || dtype == DType::kQ4_K ||
                         dtype == DType::kQ5_K;
    for (size_t at = 0; at < bytes.size(); at += info.bytes) {
      const size_t d = dtype == DType::kQ6_K ? 208 : 0;
      for (size_t i = 0; i < (minimum ? 2u : 1u); ++i) {
        const uint16_t scale = f32_to_f16(static_cast<float>(0.02 * random.normal()));
        std::memcpy(&bytes[at + d + 2 * i], &scale, 2);
      }
    }
  }

  std::vector<float> values() const {
    std::vector<float> all(matrix.rows * matrix.cols);
    dequantize(matrix.dtype, bytes.data(), all);
    return all;
  }

 private:
  void put(DType dtype, size_t i, float value) {
    const auto bits = std::bit_cast<uint32_t>(value);
    const uint16_t half = f32_to_f16(value), brain = static_cast<uint16_t>(bits >> 16);
    if (dtype == DType::kF32) std::memcpy(&bytes[4 * i], &value, 4);
    if (dtype == DType::kF16) std::memcpy(&bytes[2 * i], &half, 2);
    if (dtype == DType::kBF16) std::memcpy(&bytes[2 * i], &brain, 2);
  }
};

std::vector<float> random_values(size_t n, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(n);
  for (float& x : values) x = static_cast<float>(random.normal());
  return values;
}

// y (M, rows) = x W^T with x's rows and y's further apart than they are long.
std::vector<float> product(Context& context, const Kernels& kernels, Rows rows, size_t M,
                           const std::vector<float>& x, const Matrix& W, bool accumulate = false) {
  const size_t ldx = W.cols + 5, ldy = W.rows + 3;
  std::vector<float> spread(M * ldx), y(M * ldy, 0.5f), result(M * W.rows);
  for (size_t m = 0; m < M; ++m) std::copy_n(&x[m * W.cols], W.cols, &spread[m * ldx]);
  linear(context, kernels, rows, M, spread.data(), ldx, W, y.data(), ldy, accumulate);
  for (size_t m = 0; m < M; ++m) {
    std::copy_n(&y[m * ldy], W.rows, &result[m * W.rows]);
    for (size_t i = W.rows; i < ldy; ++i) EXPECT_EQ(y[m * ldy + i], 0.5f) << "beyond the row";
  }
  return result;
}

// What each element should be and how far from it it may lie: activations are off by at most half
// a step of their group.
struct Expected {
  std::vector<double> y, bound;
};
Expected expected_product(size_t M, const std::vector<float>& x, const Weights& weights,
                          double step) {
  const size_t K = weights.matrix.cols, N = weights.matrix.rows;
  const std::vector<float> w = weights.values();
  Expected expected{std::vector<double>(M * N), std::vector<double>(M * N)};
  for (size_t m = 0; m < M; ++m) {
    for (size_t n = 0; n < N; ++n) {
      double sum = 0, bound = 0, total = 0;
      for (size_t g = 0; g < K; g += kGroup) {
        const size_t end = std::min(K, g + kGroup);
        double peak = 0, weight = 0, peak_weight = 0;
        for (size_t k = g; k < end; ++k) {
          const double a = x[m * K + k], b = w[n * K + k];
          sum += a * b;
          total += std::abs(a * b);
          peak = std::max(peak, std::abs(a));
          weight += std::abs(b);
          peak_weight = std::max(peak_weight, std::abs(b));
        }
        bound += peak * step * weight;
        // Weights that are floats are rounded to steps as fine as the activations'.
        if (!is_quantized(weights.matrix.dtype)) {
          bound += peak_weight * step * peak * static_cast<double>(end - g);
        }
      }
      expected.y[m * N + n] = sum;
      // Half a step and what f32 sums lose.
      expected.bound[m * N + n] = 0.51 * bound + 4e-6 * (total + 1);
    }
  }
  return expected;
}

class LinearOfEachIsa : public ::testing::TestWithParam<const Kernels*> {
 protected:
  const Kernels& kernels() const { return *GetParam(); }
  const Kernels& reference() const { return *available_kernels().front(); }
  QuietContext context_{2};
};

TEST_P(LinearOfEachIsa, FloatsAgreeWithSumsInDoubleOnTails) {
  for (DType dtype : kFloatTypes) {
    for (size_t K : {1, 31, 32, 40, 544}) {
      const Weights weights(dtype, 33, K, K);
      const std::vector<float> x = random_values(33 * K, 2);
      for (Rows rows : {Rows::kFew, Rows::kMany}) {
        const bool exact = rows == Rows::kFew || dtype == DType::kF32;
        const Expected expected = expected_product(33, x, weights, exact ? 0 : 1.0 / kLargestFine);
        for (size_t M : {1, 2, 4, 5, 13, 33}) {
          const auto y = product(context_, kernels(), rows, M, x, weights.matrix);
          for (size_t i = 0; i < y.size(); ++i) {
            ASSERT_NEAR(y[i], expected.y[i], expected.bound[i])
                << dtype_info(dtype).name << " M " << M << " K " << K << " at " << i;
          }
        }
      }
    }
  }
}

TEST_P(LinearOfEachIsa, AFloatRowDependsOnItselfAlone) {
  const size_t K = 77, M = 17;
  const std::vector<float> x = random_values(M * K, 3);
  for (DType dtype : kFloatTypes) {
    const Weights weights(dtype, 67, K, 4);
    for (Rows rows : {Rows::kFew, Rows::kMany}) {
      const auto all = product(context_, kernels(), rows, M, x, weights.matrix);
      for (size_t m = 0; m < M; ++m) {
        const std::vector<float> row(x.begin() + static_cast<ptrdiff_t>(m * K), x.end());
        const auto one = product(context_, kernels(), rows, 1, row, weights.matrix);
        EXPECT_EQ(std::memcmp(one.data(), &all[m * 67], 67 * sizeof(float)), 0)
            << dtype_info(dtype).name << " row " << m;
      }
    }
  }
}

TEST_P(LinearOfEachIsa, ProductsOfTheSameRowsEqualThoseOneByOne) {
  const size_t K = 256;
  const DType sets[][3] = {{DType::kQ8_0, DType::kQ8_0, DType::kQ8_0},
                           {DType::kQ4_K, DType::kQ6_K, DType::kQ4_0},
                           {DType::kBF16, DType::kBF16, DType::kBF16},
                           {DType::kF32, DType::kF32, DType::kQ8_0}};
  const size_t rows[] = {300, 7, 64};
  QuietContext context(2);
  for (const auto& types : sets) {
    for (const size_t M : {1, 5, 20}) {
      const std::vector<float> x = random_values(M * K, 1);
      std::vector<Weights> weights;
      std::vector<std::vector<float>> y;
      for (size_t i = 0; i < 3; ++i) {
        weights.emplace_back(types[i], rows[i], K, i);
        y.emplace_back(M * rows[i], 0.25f);
      }
      std::vector<Product> products;
      for (size_t i = 0; i < 3; ++i) products.push_back({weights[i].matrix, y[i].data(), rows[i]});
      for (const bool accumulate : {false, true}) {
        std::vector<std::vector<float>> expected = y;
        for (size_t i = 0; i < 3; ++i) {
          linear(context, kernels(), Rows::kMany, M, x.data(), K, weights[i].matrix,
                 expected[i].data(), rows[i], accumulate);
        }
        linear(context, kernels(), Rows::kMany, M, x.data(), K, products, accumulate);
        EXPECT_EQ(y, expected) << M << " rows";
      }
    }
  }
}

TEST_P(LinearOfEachIsa, QuantizedAgreeWithSumsInDouble) {
  for (DType dtype : kQuantizedTypes) {
    const size_t K = dtype_info(dtype).block == 32 ? 96 : 512;
    const Weights weights(dtype, 19, K, 5);
    const std::vector<float> x = random_values(5 * K, 6);
    const Expected expected = expected_product(5, x, weights, 1.0 / kLargestByte);
    for (size_t M : {1, 5}) {
      const auto y = product(context_, kernels(), Rows::kFew, M, x, weights.matrix);
      for (size_t i = 0; i < y.size(); ++i) {
        ASSERT_NEAR(y[i], expected.y[i], expected.bound[i])
            << dtype_info(dtype).name << " M " << M << " at " << i;
      }
    }
  }
}

// One arithmetic for every table, number of rows and cut.
TEST_P(LinearOfEachIsa, QuantizedEqualTheReferenceBitForBitOnTails) {
  constexpr size_t kMost = 33;
  QuietContext one(1), three(3);
  for (DType dtype : kQuantizedTypes) {
    const size_t block = dtype_info(dtype).block;
    for (size_t K : {block, 3 * block, 18 * block}) {
      for (size_t N : {1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65}) {
        if (N > 17 && K > 3 * block) continue;  // the reference is slow
        const Weights weights(dtype, N, K, N + K);
        const std::vector<float> x = random_values(kMost * K, 7);
        const bool accumulate = N % 2 == 0;
        const auto expected =
            product(one, reference(), Rows::kMany, kMost, x, weights.matrix, accumulate);
        for (size_t M : {1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 16, 33}) {
          Context& context = M % 3 == 0 ? three : M % 3 == 1 ? one : context_;
          const auto y = product(context, kernels(), M < 8 ? Rows::kFew : Rows::kMany, M, x,
                                 weights.matrix, accumulate);
          ASSERT_EQ(std::memcmp(y.data(), expected.data(), y.size() * sizeof(float)), 0)
              << dtype_info(dtype).name << " M " << M << " N " << N << " K " << K;
        }
      }
    }
  }
}

TEST_P(LinearOfEachIsa, ExtremesNeitherOverflowNorSpread) {
  const size_t K = 512;
  for (DType dtype : kQuantizedTypes) {
    for (uint8_t fill : {0x00, 0x7f, 0x80, 0xff}) {
      Weights weights(dtype, 9, K, 8);
      const DTypeInfo& info = dtype_info(dtype);
      for (size_t at = 0; at < weights.bytes.size(); at += info.bytes) {  // all but the f16 scales
        const size_t first = dtype == DType::kQ6_K ? 0 : 4;
        std::memset(&weights.bytes[at + first], fill, info.bytes - 4);
      }
      std::vector<float> x(8 * K, 1.0f);  // every integer is 127 or -127
      for (size_t i = 0; i < x.size(); ++i)
        x[i] = i / K % 2 == 0 ? 3.0f : i % 2 == 0 ? -3.0f : 3.0f;
      x[2 * K + 40] = std::numeric_limits<float>::infinity();
      x[3 * K + 7] = std::numeric_limits<float>::quiet_NaN();
      std::fill_n(&x[4 * K], K, 1e-42f);
      const auto y = product(context_, kernels(), Rows::kMany, 8, x, weights.matrix);
      const auto expected = product(context_, reference(), Rows::kMany, 8, x, weights.matrix);
      for (size_t i = 0; i < y.size(); ++i) {
        if (i / 9 == 2 || i / 9 == 3) {
          EXPECT_TRUE(std::isnan(y[i])) << "not finite in, not finite out";
        } else {
          EXPECT_EQ(y[i], expected[i]) << dtype_info(dtype).name << " at " << i;
        }
      }
    }
  }
}

TEST_P(LinearOfEachIsa, WeightsMayLieAtAnyAddress) {
  const size_t K = 64, N = 40, M = 5;
  const std::vector<float> x = random_values(M * K, 9);
  for (DType dtype : {DType::kF32, DType::kBF16, DType::kQ8_0}) {
    const Weights weights(dtype, N, K, 10);
    std::vector<uint8_t> moved(weights.bytes.size() + 1);
    std::copy(weights.bytes.begin(), weights.bytes.end(), moved.begin() + 1);
    const Matrix odd = {dtype, N, K, moved.data() + 1};
    for (Rows rows : {Rows::kFew, Rows::kMany}) {
      EXPECT_EQ(product(context_, kernels(), rows, M, x, odd),
                product(context_, kernels(), rows, M, x, weights.matrix));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, LinearOfEachIsa, ::testing::ValuesIn(tested_kernels()),
                         [](const auto& tested) { return std::string(tested.param->name); });

}  // namespace
}  // namespace twin::kernels
