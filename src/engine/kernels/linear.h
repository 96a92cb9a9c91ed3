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

// What training learns through: W's values exactly as dequantize() gives them, x as it is, f32
// sums. y (M, W.rows) = x (M, W.cols) W^T, and its gradient dx (M, W.cols) = dy (M, W.rows) W; or
// += where `accumulate`. Weights that are not F32 are widened piece by piece, 16 MB at most.
void linear_exact(Context& context, const Kernels& kernels, size_t M, const float* x,
                  const Matrix& W, float* y, bool accumulate);
void linear_exact_backward(Context& context, const Kernels& kernels, size_t M, const float* dy,
                           const Matrix& W, float* dx, bool accumulate);

}  // namespace twin::kernels
