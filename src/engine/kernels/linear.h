#pragma once

#include <cstddef>
#include <span>

#include "base/context.h"
#include "engine/kernels/kernels.h"
#include "engine/tensor/tensor.h"

namespace twin::kernels {

// y (M, W.rows; rows `ldy` apart) = x (M, W.cols; rows `ldx` apart) W^T, or += where `accumulate`,
// for weights of any type with a fraction. Row m of y depends on row m of x, W and, for F32, F16
// and BF16, `rows` alone: not on M, the other rows or the threads. For quantised weights x is
// rounded to int8 with a scale per 32 values, products are summed exactly within a block, and both
// ways give the same bits. Splits W's rows over the threads.
void linear(Context& context, const Kernels& kernels, Rows rows, size_t M, const float* x,
            size_t ldx, const Matrix& W, float* y, size_t ldy, bool accumulate);

// Several products of the same x, as if one by one: x is rounded once and the threads meet once.
struct Product {
  Matrix W;
  float* y;
  size_t ldy;
};
void linear(Context& context, const Kernels& kernels, Rows rows, size_t M, const float* x,
            size_t ldx, std::span<const Product> products, bool accumulate);

// What the products of training are computed in; sums are f32 in either.
enum class Compute {
  kF32,
  kBf16  // on the units that are fastest: both sides rounded to bfloat16 where the table multiplies
         // it, else integers of 14 bits with a scale per 32 values (Rows::kFine), which are nearer
};

// A linear layer to learn through, whatever its weights are stored as: their values are those of
// dequantize(), widened piece by piece, 16 MB at most.
// y (M, W.rows) = x (M, W.cols) W^T, or += where `accumulate`; its gradients dx (M, W.cols) = dy W,
// or +=, and dW (out, in) += dy^T x for dy (M, out), x (M, in).
void training_linear(Context& context, const Kernels& kernels, Compute compute, size_t M,
                     const float* x, const Matrix& W, float* y, bool accumulate);
void training_linear_dx(Context& context, const Kernels& kernels, Compute compute, size_t M,
                        const float* dy, const Matrix& W, float* dx, bool accumulate);
void training_linear_dw(Context& context, const Kernels& kernels, Compute compute, size_t M,
                        size_t out, size_t in, const float* dy, const float* x, float* dW);

}  // namespace twin::kernels
