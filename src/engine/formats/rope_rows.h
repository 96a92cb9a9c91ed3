#pragma once

#include <cstddef>

namespace twin {

// The rows of q_proj and k_proj have two orders: a head's rotated pairs are (j, j + D/2), Hugging
// Face's, or neighbours (2j, 2j + 1), llama2.c's and GGUF's (DecoderConfig::rope_interleaved).

// Which row in Hugging Face's order stands at `row` of the other.
inline size_t half_split_row(size_t row, size_t D) {
  const size_t head = row / D * D, j = row % D;
  return head + j / 2 + (j % 2) * (D / 2);
}

// Which row in the order of neighbours stands at `row` of Hugging Face's.
inline size_t interleaved_row(size_t row, size_t D) {
  const size_t head = row / D * D, j = row % D;
  return head + (j < D / 2 ? 2 * j : 2 * (j - D / 2) + 1);
}

}  // namespace twin
