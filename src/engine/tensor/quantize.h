#pragma once

#include <span>

#include "engine/tensor/dtype.h"

namespace twin {

// blocks = what of `dtype` comes nearest to `values`: F32, F16 and BF16 rounded to nearest even;
// Q8_0, Q4_0, Q4_1, Q5_0 and Q5_1 bit for bit as ggml's reference quantisers give them; Q4_K, Q5_K
// and Q6_K by the same search for scales (no importance matrix). Source: ggml-quants.c.
// Requires values.size() to be a whole number of blocks, finite values, dtype_bytes() bytes at
// `blocks`. Errors: Bug for integer types. Thread-safe.
void quantize(DType dtype, std::span<const float> values, void* blocks);

}  // namespace twin
