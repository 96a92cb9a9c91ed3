#include "engine/kernels/packed.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"
#include "engine/kernels/packed_call.h"

namespace twin::kernels {

#ifdef TWIN_X86_SIMD
const PackedParts& emulated_avx512_packed();  // packed_emulated_avx512_test.cc
#endif

namespace {

std::vector<float> random_values(size_t n, uint64_t seed, float scale = 1) {
  Random random(seed);
  std::vector<float> values(n);
  for (float& x : values) x = scale * static_cast<float>(random.normal());
  return values;
}

using Named = std::pair<std::string, const PackedParts*>;

std::vector<Named> all_parts() {
  std::vector<Named> all;
  for (const Kernels* kernels : available_kernels()) {
    all.emplace_back(kernels->name, &packed_parts(kernels->isa));
  }
#ifdef TWIN_X86_SIMD
  if (all.size() > 1) all.emplace_back("avx512_emulated", &emulated_avx512_packed());
#endif
  return all;
}

class EachPacked : public ::testing::TestWithParam<Named> {
 protected:
  const PackedParts& parts() const { return *GetParam().second; }
  const PackedParts& reference() const { return packed_parts(Isa::kScalar); }
};

// x W^T in double.
std::vector<double> product(size_t M, size_t N, size_t K, const std::vector<float>& x,
                            const std::vector<float>& w) {
  std::vector<double> y(M * N);
  for (size_t m = 0; m < M; ++m) {
    for (size_t n = 0; n < N; ++n) {
      for (size_t k = 0; k < K; ++k)
        y[m * N + n] += static_cast<double>(x[m * K + k]) * w[n * K + k];
    }
  }
  return y;
}

struct Size {
  size_t M, N, K;
};
constexpr Size kSizes[] = {{1, 1, 1},    {1, 16, 128},  {3, 17, 5},     {7, 15, 127}, {13, 33, 129},
                           {6, 32, 384}, {29, 48, 300}, {12, 31, 1536}, {5, 64, 640}};

TEST_P(EachPacked, ProductsAreNearTheExactOnesAndIntegersTheSameBitsAsTheReference) {
  QuietContext context(2);
  for (const auto& [M, N, K] : kSizes) {
    const auto x = random_values(M * K, 1), w = random_values(N * K, 2), bias = random_values(N, 3);
    const auto exact = product(M, N, K, x, w);
    const size_t half = N / 2;
    const Matrix matrices[] = {{DType::kF32, half, K, w.data()},
                               {DType::kF32, N - half, K, w.data() + half * K}};
    for (const PackedForm form : {PackedForm::kFloats, PackedForm::kWords, PackedForm::kBytes}) {
      const PackedWeights packed(parts(), form, matrices), same(reference(), form, matrices);
      EXPECT_EQ(packed.rows(), N);
      for (const bool accumulate : {false, true}) {
        const size_t ldy = N + 3;
        std::vector<float> y = random_values(M * ldy, 4), expected = y, before = y;
        const float* const b = accumulate ? nullptr : bias.data();
        packed_linear(context, parts(), M, x.data(), K, packed, b, y.data(), ldy, accumulate);
        packed_linear(context, reference(), M, x.data(), K, same, b, expected.data(), ldy,
                      accumulate);
        // Rounding errors of K products add up as their square root.
        const double root = std::sqrt(static_cast<double>(K));
        const double allowed = root * (form == PackedForm::kFloats  ? 8e-6
                                       : form == PackedForm::kWords ? 3e-3
                                                                    : 0.12);
        for (size_t m = 0; m < M; ++m) {
          for (size_t n = 0; n < ldy; ++n) {
            const size_t at = m * ldy + n;
            if (n >= N) {
              ASSERT_EQ(y[at], before[at]);
              continue;
            }
            const double start = accumulate ? before[at] : bias[n];
            ASSERT_NEAR(y[at], start + exact[m * N + n], allowed + 1e-6)
                << M << ' ' << N << ' ' << K;
            if (form != PackedForm::kFloats) {
              ASSERT_EQ(y[at], expected[at]);
            }
          }
        }
      }
    }
  }
}

TEST_P(EachPacked, ARowDependsOnItselfAloneAndNotOnThreads) {
  QuietContext one(1), three(3);
  const size_t M = 41, N = 70, K = 200;
  const auto x = random_values(M * K, 1), w = random_values(N * K, 2);
  const Matrix matrix = {DType::kF32, N, K, w.data()};
  for (const PackedForm form : {PackedForm::kFloats, PackedForm::kWords, PackedForm::kBytes}) {
    const PackedWeights packed(parts(), form, {&matrix, 1});
    std::vector<float> all(M * N), row(N);
    packed_linear(three, parts(), M, x.data(), K, packed, nullptr, all.data(), N, false);
    for (size_t m = 0; m < M; ++m) {
      packed_linear(one, parts(), 1, x.data() + m * K, K, packed, nullptr, row.data(), N, false);
      for (size_t n = 0; n < N; ++n) ASSERT_EQ(row[n], all[m * N + n]);
    }
  }
}

// Weights and activations as large as they may be, all of one sign: sums in 16 bits must not wrap.
TEST_P(EachPacked, ExtremesDoNotOverflow) {
  QuietContext context(1);
  const size_t N = 20, K = 256;
  for (const float sign : {1.0f, -1.0f}) {
    const std::vector<float> x(K, 3.0f), w(N * K, sign * 2.0f);
    std::vector<float> spread = x;
    spread[0] = -3;  // so that bytes reach from 0 to 127
    const Matrix matrix = {DType::kF32, N, K, w.data()};
    for (const PackedForm form : {PackedForm::kWords, PackedForm::kBytes}) {
      const PackedWeights packed(parts(), form, {&matrix, 1});
      std::vector<float> y(N);
      packed_linear(context, parts(), 1, spread.data(), K, packed, nullptr, y.data(), N, false);
      for (const float value : y) EXPECT_NEAR(value, sign * 6 * (K - 2.0f), 0.02f * 6 * K);
    }
  }
}

TEST_P(EachPacked, ZerosStayZeroAndWhatIsNotFiniteSpreads) {
  QuietContext context(1);
  const size_t N = 9, K = 130;
  const auto w = random_values(N * K, 2);
  const std::vector<float> zeros(N * K, 0.0f);
  std::vector<float> x(K, 0.0f), y(N), bad = random_values(K, 5);
  bad[7] = std::numeric_limits<float>::infinity();
  const Matrix matrix = {DType::kF32, N, K, w.data()}, empty = {DType::kF32, N, K, zeros.data()};
  for (const PackedForm form : {PackedForm::kWords, PackedForm::kBytes}) {
    const PackedWeights packed(parts(), form, {&matrix, 1}), none(parts(), form, {&empty, 1});
    packed_linear(context, parts(), 1, x.data(), K, packed, nullptr, y.data(), N, false);
    for (const float value : y) EXPECT_EQ(value, 0);
    packed_linear(context, parts(), 1, w.data(), K, none, nullptr, y.data(), N, false);
    for (const float value : y) EXPECT_EQ(value, 0);
    packed_linear(context, parts(), 1, bad.data(), K, packed, nullptr, y.data(), N, false);
    for (const float value : y) EXPECT_TRUE(std::isnan(value));
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, EachPacked, ::testing::ValuesIn(all_parts()),
                         [](const auto& test) { return test.param.first; });

}  // namespace
}  // namespace twin::kernels
