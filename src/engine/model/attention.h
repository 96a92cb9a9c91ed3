#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/context.h"
#include "engine/kernels/kernels.h"

// Causal grouped-query attention of packed segments: softmax(scale q k^T) v, head by head.
// Source: Vaswani et al. 2017, arXiv:1706.03762; Ainslie et al. 2023, arXiv:2305.13245; the
// backward pass recomputes probabilities from the saved log-sum-exp as Dao et al. 2022,
// arXiv:2205.14135.
namespace twin::attention {

struct Shape {
  size_t heads, kv_heads, D;
  float scale;        // of the scores: 1 / sqrt(D), but for Gemma
  size_t window = 0;  // a query sees this many keys, its own included; 0: all before it
};

// One segment: T queries at positions [past, past + T) against past + T keys.
struct Segment {
  size_t first_row;  // of its queries in q, out, lse
  size_t T;
  size_t past;
  const float* keys;    // (past + T, KV, D)
  const float* values;  // (past + T, KV, D)
  // Row by row, so that a row's result does not depend on T: decoding and checking of drafts.
  bool few = false;
};

// q, out (N, H, D). lse (H, N), the log-sum-exp of each row's scores, is written where not null.
// Splits (segment, head) pairs over the threads.
void forward(Context& context, const kernels::Kernels& kernels, const Shape& shape,
             std::span<const Segment> segments, const float* q, size_t N, float* out, float* lse);

// For segments without a past whose keys and values are rows of the batch: k, v, dk, dv (N, KV, D).
// dq, dk, dv are overwritten.
void backward(Context& context, const kernels::Kernels& kernels, const Shape& shape,
              std::span<const Segment> segments, const float* q, const float* out, const float* lse,
              const float* dout, size_t N, float* dq, float* dk, float* dv);

}  // namespace twin::attention
