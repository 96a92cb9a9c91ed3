#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/kernels/kernels_impl.h"
#include "engine/kernels/linear_scalar.h"
#include "engine/kernels/tables.h"

// The reference: as plain as the mathematics, sums in double, nothing shared with the other tables.
namespace twin::kernels {
namespace {

template <class T, class ToFloat>
void gemm(size_t M, size_t N, size_t K, Strided<T> A, Strided<T> B, float* C, size_t ldc,
          bool accumulate, ToFloat to_float) {
  for (size_t i = 0; i < M; ++i) {
    for (size_t j = 0; j < N; ++j) {
      double sum = accumulate ? C[i * ldc + j] : 0;
      for (size_t k = 0; k < K; ++k) {
        sum += static_cast<double>(to_float(A.data[i * A.row_stride + k * A.col_stride])) *
               to_float(B.data[k * B.row_stride + j * B.col_stride]);
      }
      C[i * ldc + j] = static_cast<float>(sum);
    }
  }
}

void gemm_f32(size_t M, size_t N, size_t K, Strided<float> A, Strided<float> B, float* C,
              size_t ldc, bool accumulate) {
  gemm(M, N, K, A, B, C, ldc, accumulate, [](float x) { return x; });
}

void gemm_bf16(size_t M, size_t N, size_t K, Strided<bf16> A, Strided<bf16> B, float* C, size_t ldc,
               bool accumulate) {
  gemm(M, N, K, A, B, C, ldc, accumulate, bf16_to_f32);
}

float dot(size_t n, const float* a, const float* b) {
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * b[i];
  return static_cast<float>(sum);
}

void gemv(size_t M, size_t K, const float* W, size_t ldw, const float* x, float* y) {
  for (size_t m = 0; m < M; ++m) y[m] = dot(K, W + m * ldw, x);
}

void gevm(size_t M, size_t K, const float* x, const float* W, size_t ldw, float* y) {
  for (size_t k = 0; k < K; ++k) {
    double sum = 0;
    for (size_t m = 0; m < M; ++m) sum += static_cast<double>(x[m]) * W[m * ldw + k];
    y[k] = static_cast<float>(sum);
  }
}

void axpy(size_t n, float a, const float* x, float* y) {
  for (size_t i = 0; i < n; ++i) y[i] += a * x[i];
}

float exp_shifted(size_t n, float* x, float* max_out) {
  float peak = -std::numeric_limits<float>::infinity();
  for (size_t i = 0; i < n; ++i) peak = std::max(peak, x[i]);
  *max_out = peak;
  double sum = 0;
  for (size_t i = 0; i < n; ++i) {
    x[i] = std::isinf(peak) ? 0.0f : std::exp(x[i] - peak);
    sum += x[i];
  }
  return static_cast<float>(sum);
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

void swiglu(size_t n, const float* gate, const float* up, float* out) {
  for (size_t i = 0; i < n; ++i) {
    out[i] = static_cast<float>(gate[i] * sigmoid(gate[i]) * up[i]);
  }
}

void swiglu_backward(size_t n, const float* gate, const float* up, const float* dout, float* dgate,
                     float* dup) {
  for (size_t i = 0; i < n; ++i) {
    const double g = gate[i], d = dout[i], s = sigmoid(g);
    const double du = d * g * s;
    dgate[i] = static_cast<float>(d * up[i] * s * (1 + g * (1 - s)));
    dup[i] = static_cast<float>(du);
  }
}

// The argument of gelu's sigmoid, and its derivative.
double gelu_argument(double x) { return 1.5957691216057308 * (x + 0.044715 * x * x * x); }
double gelu_slope(double x) { return 1.5957691216057308 * (1 + 3 * 0.044715 * x * x); }

void geglu(size_t n, const float* gate, const float* up, float* out) {
  for (size_t i = 0; i < n; ++i) {
    out[i] = static_cast<float>(gate[i] * sigmoid(gelu_argument(gate[i])) * up[i]);
  }
}

void geglu_backward(size_t n, const float* gate, const float* up, const float* dout, float* dgate,
                    float* dup) {
  for (size_t i = 0; i < n; ++i) {
    const double g = gate[i], d = dout[i], s = sigmoid(gelu_argument(g));
    const double du = d * g * s;
    dgate[i] = static_cast<float>(d * up[i] * s * (1 + g * (1 - s) * gelu_slope(g)));
    dup[i] = static_cast<float>(du);
  }
}

void gelu(size_t n, const float* bias, float* x) {
  for (size_t i = 0; i < n; ++i) {
    const double v = static_cast<double>(x[i]) + bias[i];
    x[i] = static_cast<float>(v * 0.5 * std::erfc(-v * std::sqrt(0.5)));
  }
}

void gelu_tanh(size_t n, const float* bias, float* x) {
  for (size_t i = 0; i < n; ++i) {
    const double v = static_cast<double>(x[i]) + bias[i];
    x[i] = static_cast<float>(v * sigmoid(gelu_argument(v)));
  }
}

void layer_norm(size_t n, const float* shift, const float* weight, const float* bias, float eps,
                float* x) {
  double mean = 0, variance = 0;
  for (size_t i = 0; i < n; ++i) {
    x[i] += shift[i];
    mean += x[i];
  }
  mean /= static_cast<double>(n);
  for (size_t i = 0; i < n; ++i) variance += (x[i] - mean) * (x[i] - mean);
  const double rstd = 1 / std::sqrt(variance / static_cast<double>(n) + eps);
  for (size_t i = 0; i < n; ++i) {
    x[i] = static_cast<float>((x[i] - mean) * rstd * weight[i] + bias[i]);
  }
}

}  // namespace

const Kernels& scalar_kernels() {
  static constexpr Kernels kTable = {.isa = Isa::kScalar,
                                     .name = "scalar",
                                     .gemm_f32 = gemm_f32,
                                     .gemm_bf16 = gemm_bf16,
                                     .gemv_f32 = gemv,
                                     .gevm_f32 = gevm,
                                     .linear = {.activations = scalar::activations,
                                                .to_integers = scalar::to_integers,
                                                .run = scalar::linear},
                                     .dot = dot,
                                     .axpy = axpy,
                                     .exp_shifted = exp_shifted,
                                     .swiglu = swiglu,
                                     .swiglu_backward = swiglu_backward,
                                     .geglu = geglu,
                                     .geglu_backward = geglu_backward,
                                     .gelu = gelu,
                                     .gelu_tanh = gelu_tanh,
                                     .layer_norm = layer_norm,
                                     .to_bf16 = convert_to_bf16,
                                     .to_f32 = convert_to_f32};
  return kTable;
}

}  // namespace twin::kernels
