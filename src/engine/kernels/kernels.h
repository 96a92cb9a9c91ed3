#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "engine/tensor/dtype.h"

namespace twin::kernels {

// bfloat16: the upper half of an f32.
using bf16 = uint16_t;

enum class Isa { kScalar, kAvx2, kAvx512, kAvx512Bf16 };

// A strided view of a matrix's operand: element (i, j) is data[i * row_stride + j * col_stride].
// A transposed operand is one whose strides are swapped.
template <class T>
struct Strided {
  const T* data;
  size_t row_stride;
  size_t col_stride;
};

// How many rows linear() is called for (linear.h).
enum class Rows {
  kFew,   // decoding: each weight is read once, straight from memory
  kMany,  // prefill: weights are packed block by block
  kFine   // as kMany, F32 weights too as 16-bit integers with a scale per 32 values (F16 and BF16
          // are in both)
};

enum class Activations;
struct IntegerRows;
struct LinearCall;

// The parts of linear() (linear.h) that differ by instruction set. One thread each.
struct LinearParts {
  // What a product takes its activations as.
  Activations (*activations)(Rows rows, DType weights, size_t M);
  // Row m of `rows` from x (K), in the form of `rows`; the same bits in every table.
  void (*to_integers)(size_t K, const float* x, const IntegerRows& rows, size_t m);
  // y for rows [begin, end) of W.
  void (*run)(const LinearCall& call, size_t begin, size_t end);
};

// The functions of one instruction set. All are deterministic: the order of every sum depends on
// the shapes alone. The products keep their packing buffers (a few MB a thread) from call to call.
// Thread-safe. The table of Isa::kScalar is the reference each other one is tested against.
struct Kernels {
  Isa isa;
  std::string_view name;  // "scalar", "avx2", "avx512", "avx512_bf16": what TWIN_FORCE_ISA takes

  // C (M, N; rows `ldc` apart) = A (M, K) B (K, N), or += where `accumulate`. One thread.
  void (*gemm_f32)(size_t M, size_t N, size_t K, Strided<float> A, Strided<float> B, float* C,
                   size_t ldc, bool accumulate);
  void (*gemm_bf16)(size_t M, size_t N, size_t K, Strided<bf16> A, Strided<bf16> B, float* C,
                    size_t ldc, bool accumulate);

  // y (M) = W x (K); W (M, K), rows `ldw` apart. One thread: callers split rows.
  void (*gemv_f32)(size_t M, size_t K, const float* W, size_t ldw, const float* x, float* y);
  // y (K) = x (M) W, row after row of W.
  void (*gevm_f32)(size_t M, size_t K, const float* x, const float* W, size_t ldw, float* y);

  LinearParts linear;

  float (*dot)(size_t n, const float* a, const float* b);
  // y += a * x
  void (*axpy)(size_t n, float a, const float* x, float* y);
  // x = exp(x - max(x)), returns the sum; max_out receives the maximum. Relative error under 1e-6.
  float (*exp_shifted)(size_t n, float* x, float* max_out);
  // out = silu(gate) * up, silu(x) = x / (1 + exp(-x)).
  void (*swiglu)(size_t n, const float* gate, const float* up, float* out);
  // dgate, dup (overwritten) from dout.
  void (*swiglu_backward)(size_t n, const float* gate, const float* up, const float* dout,
                          float* dgate, float* dup);
  // The same with gelu(x) = x / (1 + exp(-2 sqrt(2 / pi) (x + 0.044715 x^3))), the tanh form.
  void (*geglu)(size_t n, const float* gate, const float* up, float* out);
  void (*geglu_backward)(size_t n, const float* gate, const float* up, const float* dout,
                         float* dgate, float* dup);
  // x = gelu(x + bias), gelu(x) = x Phi(x) with the normal distribution's Phi, exact to 4e-7 of
  // |x|. Source: Hendrycks & Gimpel 2016, arXiv:1606.08415.
  void (*gelu)(size_t n, const float* bias, float* x);
  // The same with the tanh form that geglu has.
  void (*gelu_tanh)(size_t n, const float* bias, float* x);
  // x = norm(x + shift) weight + bias, norm(x) = (x - mean(x)) / sqrt(variance(x) + eps), one row.
  // Source: Ba et al. 2016, arXiv:1607.06450.
  void (*layer_norm)(size_t n, const float* shift, const float* weight, const float* bias,
                     float eps, float* x);
  void (*to_bf16)(size_t n, const float* x, bf16* y);  // rounds to nearest even
  void (*to_f32)(size_t n, const bf16* x, float* y);
};

// The fastest table this processor runs, or the one named by `forced` (the value of TWIN_FORCE_ISA;
// empty: no wish). Errors: kUsage if it is unknown, not built in, or not supported by the
// processor.
const Kernels& choose_kernels(std::string_view forced);
// Every table this processor runs, the scalar one first: for tests.
std::vector<const Kernels*> available_kernels();

// The products the model is made of, split over the context's threads.
// `accumulate`: C += instead of C =.
void matmul(Context& context, const Kernels& kernels, size_t M, size_t N, size_t K,
            Strided<float> A, Strided<float> B, float* C, size_t ldc, bool accumulate);
void matmul(Context& context, const Kernels& kernels, size_t M, size_t N, size_t K, Strided<bf16> A,
            Strided<bf16> B, float* C, size_t ldc, bool accumulate);

}  // namespace twin::kernels
