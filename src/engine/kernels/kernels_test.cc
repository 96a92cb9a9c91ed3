#include "engine/kernels/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/random.h"

namespace twin::kernels {
namespace {

constexpr size_t kTails[] = {1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64};

std::vector<float> random_values(size_t n, uint64_t seed, float scale = 1) {
  Random random(seed);
  std::vector<float> values(n);
  for (float& x : values) x = scale * static_cast<float>(random.normal());
  return values;
}

class EachIsa : public ::testing::TestWithParam<const Kernels*> {
 protected:
  const Kernels& kernels() const { return *GetParam(); }
  const Kernels& reference() const { return *available_kernels().front(); }
};

std::vector<bf16> as_bf16(const Kernels& kernels, const std::vector<float>& x) {
  std::vector<bf16> y(x.size());
  kernels.to_bf16(x.size(), x.data(), y.data());
  return y;
}

// A sum of K products of standard normals has a rounding error of some K^(1/2) ulp in any order.
float tolerance(size_t K) { return 4e-6f * std::sqrt(static_cast<float>(K)) + 1e-6f; }

template <class T, class Gemm>
void expect_products_agree(Gemm gemm, Gemm reference, const std::vector<T>& a,
                           const std::vector<T>& b, size_t M, size_t N, size_t K) {
  const size_t ldc = N + 3;
  const Strided<T> plain_a{a.data(), K, 1}, turned_a{a.data(), 1, M};
  const Strided<T> plain_b{b.data(), N, 1}, turned_b{b.data(), 1, K};
  for (const auto& A : {plain_a, turned_a}) {
    for (const auto& B : {plain_b, turned_b}) {
      for (bool accumulate : {false, true}) {
        std::vector<float> c = random_values(M * ldc, 3), expected = c;
        gemm(M, N, K, A, B, c.data(), ldc, accumulate);
        reference(M, N, K, A, B, expected.data(), ldc, accumulate);
        for (size_t i = 0; i < c.size(); ++i) {
          ASSERT_NEAR(c[i], expected[i], tolerance(K)) << M << 'x' << N << 'x' << K << " at " << i;
        }
      }
    }
  }
}

TEST_P(EachIsa, ProductsAgreeWithTheReferenceOnTails) {
  for (size_t M : kTails) {
    for (size_t N : {1, 7, 16, 31, 33, 64}) {
      for (size_t K : {1, 2, 15, 33, 64}) {
        const auto a = random_values(M * K, 1), b = random_values(K * N, 2);
        expect_products_agree(kernels().gemm_f32, reference().gemm_f32, a, b, M, N, K);
        expect_products_agree(kernels().gemm_bf16, reference().gemm_bf16, as_bf16(kernels(), a),
                              as_bf16(kernels(), b), M, N, K);
      }
    }
  }
}

TEST_P(EachIsa, ProductsAgreeAcrossBlocks) {
  // Longer than a block in each direction, none a multiple of anything.
  const size_t M = kernels().isa == Isa::kScalar ? 9 : 331, N = 2081, K = 787;
  const auto a = random_values(M * K, 1), b = random_values(K * N, 2);
  std::vector<float> c(M * N), expected(M * N);
  kernels().gemm_f32(M, N, K, {a.data(), K, 1}, {b.data(), N, 1}, c.data(), N, false);
  QuietContext context(2);
  matmul(context, kernels(), M, N, K, {a.data(), K, 1}, {b.data(), N, 1}, expected.data(), N,
         false);
  EXPECT_EQ(c, expected) << "the cut between threads changes no bit";
  reference().gemm_f32(M, 40, K, {a.data(), K, 1}, {b.data() + 2041, N, 1}, expected.data(), 40,
                       false);
  for (size_t i = 0; i < M * 40; ++i) {
    ASSERT_NEAR(c[i / 40 * N + 2041 + i % 40], expected[i], tolerance(K));
  }
}

TEST_P(EachIsa, EmptyProductsAreZero) {
  std::vector<float> c = {1, 2};
  kernels().gemm_f32(1, 2, 0, {nullptr, 0, 1}, {nullptr, 2, 1}, c.data(), 2, true);
  EXPECT_EQ(c, (std::vector<float>{1, 2}));
  kernels().gemm_f32(1, 2, 0, {nullptr, 0, 1}, {nullptr, 2, 1}, c.data(), 2, false);
  EXPECT_EQ(c, (std::vector<float>{0, 0}));
}

TEST_P(EachIsa, VectorFunctionsAgreeWithTheReferenceOnTails) {
  for (size_t n : kTails) {
    const auto a = random_values(n, 1, 4), b = random_values(n, 2, 4), d = random_values(n, 3);
    EXPECT_NEAR(kernels().dot(n, a.data(), b.data()), reference().dot(n, a.data(), b.data()),
                16 * tolerance(n));
    std::vector<float> x = b, expected = b;
    kernels().axpy(n, 1.5f, a.data(), x.data());
    reference().axpy(n, 1.5f, a.data(), expected.data());
    for (size_t i = 0; i < n; ++i) EXPECT_NEAR(x[i], expected[i], 1e-5);
    kernels().swiglu(n, a.data(), b.data(), x.data());
    reference().swiglu(n, a.data(), b.data(), expected.data());
    for (size_t i = 0; i < n; ++i) EXPECT_NEAR(x[i], expected[i], 1e-5 * (1 + std::abs(x[i])));
    std::vector<float> du(n), expected_du(n);
    kernels().swiglu_backward(n, a.data(), b.data(), d.data(), x.data(), du.data());
    reference().swiglu_backward(n, a.data(), b.data(), d.data(), expected.data(),
                                expected_du.data());
    for (size_t i = 0; i < n; ++i) {
      EXPECT_NEAR(x[i], expected[i], 1e-5 * (1 + std::abs(x[i])));
      EXPECT_NEAR(du[i], expected_du[i], 1e-5 * (1 + std::abs(du[i])));
    }
  }
}

TEST_P(EachIsa, GeluIsExactOverItsWholeRange) {
  std::vector<float> x;
  for (float v = -14; v <= 14; v += 0.003f) x.push_back(v);
  x.insert(x.end(), {0.0f, -0.0f, 1e-30f, -1e-30f, 1e4f, -1e4f});
  const std::vector<float> zero(x.size(), 0.0f);
  for (const bool tanh : {false, true}) {
    std::vector<float> y = x, expected = x;
    (tanh ? kernels().gelu_tanh : kernels().gelu)(x.size(), zero.data(), y.data());
    (tanh ? reference().gelu_tanh : reference().gelu)(x.size(), zero.data(), expected.data());
    const float allowed = tanh ? 2e-6f : 4e-7f;
    for (size_t i = 0; i < x.size(); ++i) {
      EXPECT_NEAR(y[i], expected[i], allowed * std::abs(x[i])) << x[i];
    }
  }
}

TEST_P(EachIsa, EncoderFunctionsAgreeWithTheReferenceOnTails) {
  for (size_t n : kTails) {
    const auto a = random_values(n, 1, 3), shift = random_values(n, 2);
    const auto weight = random_values(n, 3), bias = random_values(n, 4);
    for (const auto gelu : {&Kernels::gelu, &Kernels::gelu_tanh}) {
      std::vector<float> x = a, expected = a;
      (kernels().*gelu)(n, bias.data(), x.data());
      (reference().*gelu)(n, bias.data(), expected.data());
      for (size_t i = 0; i < n; ++i) EXPECT_NEAR(x[i], expected[i], 1e-5);
    }
    std::vector<float> x = a, expected = a;
    kernels().layer_norm(n, shift.data(), weight.data(), bias.data(), 1e-5f, x.data());
    reference().layer_norm(n, shift.data(), weight.data(), bias.data(), 1e-5f, expected.data());
    for (size_t i = 0; i < n; ++i) EXPECT_NEAR(x[i], expected[i], 2e-5) << n;
  }
}

TEST_P(EachIsa, ExponentialIsExactToSixDigitsAndMaskedScoresAreZero) {
  for (size_t n : kTails) {
    std::vector<float> x = random_values(n, n, 20);
    if (n > 2) x[1] = -std::numeric_limits<float>::infinity();
    const std::vector<float> before = x;
    float peak = 0;
    const float total = kernels().exp_shifted(n, x.data(), &peak);
    EXPECT_EQ(peak, *std::max_element(before.begin(), before.end()));
    double sum = 0;
    for (size_t i = 0; i < n; ++i) {
      const double expected = std::exp(static_cast<double>(before[i]) - peak);
      // The shift itself is rounded to f32: half an ulp of up to 2^6.
      EXPECT_NEAR(x[i], expected, expected * 5e-6 + 1e-37);
      sum += x[i];
    }
    if (n > 2) {
      EXPECT_EQ(x[1], 0.0f);
    }
    EXPECT_NEAR(total, sum, 1e-5 * sum);
  }
  std::vector<float> masked(20, -std::numeric_limits<float>::infinity());
  float peak = 0;
  EXPECT_EQ(kernels().exp_shifted(20, masked.data(), &peak), 0.0f);
  EXPECT_EQ(masked, std::vector<float>(20, 0.0f));
}

TEST_P(EachIsa, Bf16RoundsToNearestEven) {
  const std::vector<float> x = {1.0f, 1.00390625f, 1.01171875f, -2.5f, 0.0f, 3.0e38f, 1e-3f};
  std::vector<bf16> y(x.size()), expected(x.size());
  kernels().to_bf16(x.size(), x.data(), y.data());
  reference().to_bf16(x.size(), x.data(), expected.data());
  EXPECT_EQ(y, expected);
  EXPECT_EQ(y[1], 0x3f80) << "a tie goes to the even neighbour below";
  EXPECT_EQ(y[2], 0x3f82) << "a tie goes to the even neighbour above";
  const auto many = random_values(67, 5);
  std::vector<bf16> all(67), all_expected(67);
  kernels().to_bf16(67, many.data(), all.data());
  reference().to_bf16(67, many.data(), all_expected.data());
  EXPECT_EQ(all, all_expected);
}

INSTANTIATE_TEST_SUITE_P(Kernels, EachIsa, ::testing::ValuesIn(available_kernels()),
                         [](const auto& tested) { return std::string(tested.param->name); });

TEST(Gemv, RowsMayLieApartAndTailsAgree) {
  const Kernels& reference = *available_kernels().front();
  for (const Kernels* kernels : available_kernels()) {
    for (const size_t K : {1, 3, 7, 8, 9, 31, 64, 65, 128, 200}) {
      const size_t M = 37, ldw = K + 5;
      const auto W = random_values(M * ldw, K), x = random_values(std::max(M, K), 2);
      std::vector<float> y(M), expected(M), columns(K), expected_columns(K);
      kernels->gemv_f32(M, K, W.data(), ldw, x.data(), y.data());
      reference.gemv_f32(M, K, W.data(), ldw, x.data(), expected.data());
      for (size_t i = 0; i < M; ++i) ASSERT_NEAR(y[i], expected[i], tolerance(K));
      kernels->gevm_f32(M, K, x.data(), W.data(), ldw, columns.data());
      reference.gevm_f32(M, K, x.data(), W.data(), ldw, expected_columns.data());
      for (size_t i = 0; i < K; ++i) ASSERT_NEAR(columns[i], expected_columns[i], tolerance(M));
    }
  }
}

TEST(Matmul, OneRowByATransposedWeightEqualsTheReference) {
  const size_t N = 700, K = 513;
  const auto w = random_values(N * K, 1), x = random_values(K, 2);
  std::vector<float> y(N), expected(N);
  QuietContext context(2);
  for (const Kernels* kernels : available_kernels()) {
    matmul(context, *kernels, 1, N, K, {x.data(), K, 1}, {w.data(), 1, K}, y.data(), N, false);
    available_kernels().front()->gemv_f32(N, K, w.data(), K, x.data(), expected.data());
    for (size_t i = 0; i < N; ++i) ASSERT_NEAR(y[i], expected[i], tolerance(K));
  }
}

TEST(ChooseKernels, UnknownNameFailsAndListsTheKnown) {
  EXPECT_EQ(choose_kernels("scalar").isa, Isa::kScalar);
  EXPECT_EQ(&choose_kernels(""), available_kernels().back());
  try {
    choose_kernels("avx9");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("scalar"), std::string::npos);
  }
}

}  // namespace
}  // namespace twin::kernels
