#pragma once

#include "engine/kernels/linear_call.h"

// The reference of linear()'s parts, one value after the other.
namespace twin::kernels::scalar {

Activations activations(Rows rows, DType weights, size_t M);
void to_integers(size_t K, const float* x, const IntegerRows& rows, size_t m);
void linear(const LinearCall& call, size_t begin, size_t end);

}  // namespace twin::kernels::scalar
