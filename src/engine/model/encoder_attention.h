#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/context.h"
#include "engine/kernels/kernels.h"

namespace twin {

// out (N, C) = softmax(q k^T / sqrt(D)) v, head by head, of texts that lie one after the other in
// qkv (N, 3 C: a row's queries, keys and values). Every token of a text sees the whole text.
// Source: Vaswani et al. 2017, arXiv:1706.03762. Splits (text, head) pairs over the threads.
void encoder_attention(Context& context, const kernels::Kernels& kernels, size_t heads, size_t C,
                       std::span<const uint32_t> lengths, const float* qkv, float* out);

}  // namespace twin
