#include "engine/model/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/kernels/scratch.h"

namespace twin::attention {
namespace {

// Queries handled together: a block's scores for a few thousand keys stay in the second-level
// cache.
constexpr size_t kBlock = 64;
constexpr float kMasked = -std::numeric_limits<float>::infinity();

// Scaled copy of `rows` queries of one head: (rows, D).
void scale_queries(const float* q, size_t stride, size_t rows, size_t D, float scale, float* out) {
  for (size_t i = 0; i < rows; ++i) {
    for (size_t d = 0; d < D; ++d) out[i * D + d] = q[i * stride + d] * scale;
  }
}

// The keys that a block of queries at positions [position, position + rows) sees between them.
struct Seen {
  size_t first, count;
};
Seen seen_by(const Shape& shape, size_t position, size_t rows) {
  const bool all = shape.window == 0 || position < shape.window;
  const size_t first = all ? 0 : position + 1 - shape.window;
  return {first, position + rows - first};
}

// scores (rows, seen.count) = queries k^T, masked where the key is later than the row's position or
// out of its window. `keys`: the first seen one.
void masked_scores(const kernels::Kernels& kernels, const Shape& shape, const float* queries,
                   size_t rows, const float* keys, size_t key_stride, Seen seen, size_t position,
                   float* scores) {
  kernels.gemm_f32(rows, seen.count, shape.D, {queries, shape.D, 1}, {keys, 1, key_stride}, scores,
                   seen.count, false);
  for (size_t i = 0; i < rows; ++i) {
    float* row = scores + i * seen.count;
    std::fill(row, row + (seen_by(shape, position + i, 1).first - seen.first), kMasked);
    std::fill(row + (position + i + 1 - seen.first), row + seen.count, kMasked);
  }
}

// A thread's memory for `rows` queries of one head: the content is anything.
struct Buffers {
  float* queries;  // (rows, D)
  float* scores;   // (rows, keys)
  float* dscores;  // (rows, keys)

  Buffers(size_t rows, size_t D, size_t keys) {
    const size_t floats = rows * (D + 2 * keys);
    queries = static_cast<float*>(
        kernels::thread_scratch<kernels::Slot::kAttention>(floats * sizeof(float)));
    scores = queries + rows * D;
    dscores = scores + rows * keys;
  }
};

// One row: a dot product per key, no packing.
void attend_one(const kernels::Kernels& kernels, const Shape& shape, const Segment& segment,
                size_t h, size_t t, const float* q, float* out) {
  const size_t stride = shape.kv_heads * shape.D;
  const auto [first, keys] = seen_by(shape, segment.past + t, 1);
  const size_t offset = h / (shape.heads / shape.kv_heads) * shape.D + first * stride;
  const Buffers buffers(1, shape.D, keys);
  scale_queries(q, 0, 1, shape.D, shape.scale, buffers.queries);
  kernels.gemv_f32(keys, shape.D, segment.keys + offset, stride, buffers.queries, buffers.scores);
  float peak;
  const float sum = kernels.exp_shifted(keys, buffers.scores, &peak);
  for (size_t j = 0; j < keys; ++j) buffers.scores[j] /= sum;
  kernels.gevm_f32(keys, shape.D, buffers.scores, segment.values + offset, stride, out);
}

void attend_head(const kernels::Kernels& kernels, const Shape& shape, const Segment& segment,
                 size_t h, const float* q, float* out, float* lse) {
  const size_t row_stride = shape.heads * shape.D, kv_stride = shape.kv_heads * shape.D;
  for (size_t begin = 0; begin < segment.T; begin += kBlock) {
    const size_t rows = std::min(kBlock, segment.T - begin);
    const Seen seen = seen_by(shape, segment.past + begin, rows);
    const size_t keys = seen.count;
    const size_t offset = h / (shape.heads / shape.kv_heads) * shape.D + seen.first * kv_stride;
    const size_t first = (segment.first_row + begin) * row_stride + h * shape.D;
    const Buffers buffers(rows, shape.D, keys);
    float* scores = buffers.scores;
    scale_queries(q + first, row_stride, rows, shape.D, shape.scale, buffers.queries);
    masked_scores(kernels, shape, buffers.queries, rows, segment.keys + offset, kv_stride, seen,
                  segment.past + begin, scores);
    for (size_t i = 0; i < rows; ++i) {
      float peak;
      const float sum = kernels.exp_shifted(keys, scores + i * keys, &peak);
      for (size_t j = 0; j < keys; ++j) scores[i * keys + j] /= sum;
      if (lse != nullptr) lse[segment.first_row + begin + i] = peak + std::log(sum);
    }
    kernels.gemm_f32(rows, shape.D, keys, {scores, keys, 1},
                     {segment.values + offset, kv_stride, 1}, out + first, row_stride, false);
  }
}

// All heads that share one key-value head, so that dk and dv have one writer.
void backward_group(const kernels::Kernels& kernels, const Shape& shape, const Segment& segment,
                    size_t kv, const float* q, const float* out, const float* lse,
                    const float* dout, size_t N, float* dq, float* dk, float* dv) {
  const size_t D = shape.D, group = shape.heads / shape.kv_heads;
  const size_t row_stride = shape.heads * D, kv_stride = shape.kv_heads * D;
  const size_t kv_first = segment.first_row * kv_stride + kv * D;
  for (size_t j = 0; j < segment.T; ++j) {
    std::fill_n(dk + kv_first + j * kv_stride, D, 0.0f);
    std::fill_n(dv + kv_first + j * kv_stride, D, 0.0f);
  }
  for (size_t h = kv * group; h < (kv + 1) * group; ++h) {
    for (size_t begin = 0; begin < segment.T; begin += kBlock) {
      const size_t rows = std::min(kBlock, segment.T - begin);
      const Seen seen = seen_by(shape, begin, rows);
      const size_t keys = seen.count, seen_first = kv_first + seen.first * kv_stride;
      const size_t seen_offset = kv * D + seen.first * kv_stride;
      const size_t first = (segment.first_row + begin) * row_stride + h * D;
      const Buffers buffers(rows, D, keys);
      float *scores = buffers.scores, *dscores = buffers.dscores;
      scale_queries(q + first, row_stride, rows, D, shape.scale, buffers.queries);
      masked_scores(kernels, shape, buffers.queries, rows, segment.keys + seen_offset, kv_stride,
                    seen, begin, scores);
      for (size_t i = 0; i < rows; ++i) {
        float peak;
        kernels.exp_shifted(keys, scores + i * keys, &peak);
        const float normal = std::exp(peak - lse[h * N + segment.first_row + begin + i]);
        for (size_t j = 0; j < keys; ++j) scores[i * keys + j] *= normal;
      }
      // dv += p^T dout; dp = dout v^T
      kernels.gemm_f32(keys, D, rows, {scores, 1, keys}, {dout + first, row_stride, 1},
                       dv + seen_first, kv_stride, true);
      kernels.gemm_f32(rows, keys, D, {dout + first, row_stride, 1},
                       {segment.values + seen_offset, 1, kv_stride}, dscores, keys, false);
      // ds = p (dp - sum_j p dp), and sum_j p_ij dp_ij = dout_i . out_i
      for (size_t i = 0; i < rows; ++i) {
        const float along =
            kernels.dot(D, dout + first + i * row_stride, out + first + i * row_stride);
        for (size_t j = 0; j < keys; ++j) {
          dscores[i * keys + j] = scores[i * keys + j] * (dscores[i * keys + j] - along);
        }
      }
      // dk += ds^T (scale q); dq = scale ds k
      kernels.gemm_f32(keys, D, rows, {dscores, 1, keys}, {buffers.queries, D, 1}, dk + seen_first,
                       kv_stride, true);
      kernels.gemm_f32(rows, D, keys, {dscores, keys, 1},
                       {segment.keys + seen_offset, kv_stride, 1}, dq + first, row_stride, false);
      for (size_t i = 0; i < rows; ++i) {
        for (size_t d = 0; d < D; ++d) dq[first + i * row_stride + d] *= shape.scale;
      }
    }
  }
}

}  // namespace

void forward(Context& context, const kernels::Kernels& kernels, const Shape& shape,
             std::span<const Segment> segments, const float* q, size_t N, float* out, float* lse) {
  const auto heads = [&](size_t begin, size_t end, size_t) {
    for (size_t item = begin; item < end; ++item) {
      const Segment& segment = segments[item / shape.heads];
      const size_t h = item % shape.heads;
      if (segment.few) {
        for (size_t t = 0; t < segment.T; ++t) {
          const size_t at = ((segment.first_row + t) * shape.heads + h) * shape.D;
          attend_one(kernels, shape, segment, h, t, q + at, out + at);
        }
      } else {
        attend_head(kernels, shape, segment, h, q, out, lse == nullptr ? nullptr : lse + h * N);
      }
    }
  };
  context.threads.parallel_for(segments.size() * shape.heads, heads);
}

void backward(Context& context, const kernels::Kernels& kernels, const Shape& shape,
              std::span<const Segment> segments, const float* q, const float* out, const float* lse,
              const float* dout, size_t N, float* dq, float* dk, float* dv) {
  context.threads.parallel_for(
      segments.size() * shape.kv_heads, [&](size_t begin, size_t end, size_t) {
        for (size_t item = begin; item < end; ++item) {
          backward_group(kernels, shape, segments[item / shape.kv_heads], item % shape.kv_heads, q,
                         out, lse, dout, N, dq, dk, dv);
        }
      });
}

}  // namespace twin::attention
