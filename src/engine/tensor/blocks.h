#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/tensor/tensor.h"

namespace twin {

// f32 of IEEE half precision bits, subnormals and NaN included, and back (to nearest even).
float f16_to_f32(uint16_t half);
uint16_t f32_to_f16(float value);

// values = the numbers that `blocks` stands for: the definition every kernel is tested against, bit
// for bit what the package gguf gives. Source: ggml's block layouts (docs/formats/gguf.md).
// Requires values.size() to be a whole number of blocks. F32, F16 and BF16 are widened. Errors: Bug
// for integer types.
void dequantize(DType dtype, const void* blocks, std::span<float> values);

}  // namespace twin
