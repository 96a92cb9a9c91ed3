#include "engine/model/layers.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "engine/tensor/blocks.h"

namespace twin::layers {

void rms_norm(Context& context, const kernels::Kernels& kernels, const float* x,
              const float* weight, float eps, size_t N, size_t C, float* y, float* rstd) {
  context.threads.parallel_for(N, [&](size_t begin, size_t end, size_t) {
    for (size_t n = begin; n < end; ++n) {
      const float* row = x + n * C;
      rstd[n] = 1.0f / std::sqrt(kernels.dot(C, row, row) / static_cast<float>(C) + eps);
      for (size_t c = 0; c < C; ++c) y[n * C + c] = row[c] * rstd[n] * weight[c];
    }
  });
}

void rms_norm_again(Context& context, const float* x, const float* weight, const float* rstd,
                    size_t N, size_t C, float* y) {
  context.threads.parallel_for(N, [&](size_t begin, size_t end, size_t) {
    for (size_t n = begin; n < end; ++n) {
      for (size_t c = 0; c < C; ++c) y[n * C + c] = x[n * C + c] * rstd[n] * weight[c];
    }
  });
}

void rms_norm_backward(Context& context, const float* x, const float* weight, const float* rstd,
                       const float* dy, size_t N, size_t C, float* dx, float* dweight) {
  // dx = rstd (dy w - x rstd^2 mean(dy w x))
  context.threads.parallel_for(N, [&](size_t begin, size_t end, size_t) {
    for (size_t n = begin; n < end; ++n) {
      const float *xr = x + n * C, *dr = dy + n * C;
      double along = 0;
      for (size_t c = 0; c < C; ++c) along += static_cast<double>(dr[c]) * weight[c] * xr[c];
      const float r = rstd[n];
      const float pull = static_cast<float>(along / static_cast<double>(C)) * r * r;
      for (size_t c = 0; c < C; ++c) dx[n * C + c] += r * (dr[c] * weight[c] - xr[c] * pull);
    }
  });
  if (dweight == nullptr) return;
  context.threads.parallel_for(C, [&](size_t begin, size_t end, size_t) {
    for (size_t n = 0; n < N; ++n) {
      for (size_t c = begin; c < end; ++c) dweight[c] += dy[n * C + c] * x[n * C + c] * rstd[n];
    }
  });
}

namespace {

// y += bias and scale (x A^T) B^T for one run; x and y are all tokens'.
void add_bias_and_adapter(Context& context, const kernels::Kernels& kernels, const Linear& layer,
                          const float* x, const Run& run, float* y, std::vector<float>& low_rank) {
  const size_t in = layer.weight.cols, out = layer.weight.rows;
  float* rows = y + run.first * out;
  if (!layer.bias.empty()) {
    for (size_t n = 0; n < run.count; ++n) kernels.axpy(out, 1, layer.bias.data(), rows + n * out);
  }
  if (run.adapter == nullptr) return;
  const LoraAdapter::Pair& pair = run.adapter->pair(layer.layer, layer.target);
  if (pair.A.empty()) return;
  const size_t r = run.adapter->r();
  low_rank.resize(std::max(low_rank.size(), run.count * r));
  kernels::linear(context, kernels, run.rows, run.count, x + run.first * in, in,
                  {DType::kF32, r, in, pair.A.data()}, low_rank.data(), r, false);
  for (size_t i = 0; i < run.count * r; ++i) low_rank[i] *= run.adapter->scale();
  kernels::linear(context, kernels, run.rows, run.count, low_rank.data(), r,
                  {DType::kF32, out, r, pair.B.data()}, rows, out, true);
}

}  // namespace

void linear(Context& context, const kernels::Kernels& kernels,
            std::span<const LinearOutput> outputs, const float* x, std::span<const Run> runs,
            bool accumulate, std::vector<float>& low_rank) {
  bool quantized = true;
  for (const LinearOutput& output : outputs) quantized &= is_quantized(output.layer.weight.dtype);
  const auto product = [&](size_t first, size_t count, kernels::Rows rows) {
    std::vector<kernels::Product> products;
    for (const auto& [layer, y] : outputs) {
      const size_t out = layer.weight.rows;
      products.push_back({layer.weight, y + first * out, out});
    }
    const size_t in = outputs.front().layer.weight.cols;
    kernels::linear(context, kernels, rows, count, x + first * in, in, products, accumulate);
  };
  if (quantized) {  // both ways give the same bits: read the weights once
    product(0, runs.back().first + runs.back().count, runs.back().rows);
  } else {
    for (size_t i = 0; i < runs.size();) {  // runs that differ in their adapters alone go together
      Run merged = runs[i];
      for (++i; i < runs.size() && runs[i].rows == merged.rows; ++i) merged.count += runs[i].count;
      product(merged.first, merged.count, merged.rows);
    }
  }
  for (const Run& run : runs) {
    for (const auto& [layer, y] : outputs) {
      add_bias_and_adapter(context, kernels, layer, x, run, y, low_rank);
    }
  }
}

void linear_backward(Context& context, const kernels::Kernels& kernels, const Linear& layer,
                     const LoraAdapter* adapter, const float* x, const float* dy, size_t N,
                     float* dx, bool accumulate, const LinearGradients& gradients,
                     std::vector<float>& low_rank) {
  const size_t in = layer.weight.cols, out = layer.weight.rows;
  TWIN_CHECK(layer.weight.dtype == DType::kF32);
  const auto* weight = static_cast<const float*>(layer.weight.data);
  if (dx != nullptr) {
    kernels::matmul(context, kernels, N, in, out, {dy, out, 1}, {weight, in, 1}, dx, in,
                    accumulate);
  }
  if (gradients.dweight != nullptr) {
    kernels::matmul(context, kernels, out, in, N, {dy, 1, out}, {x, in, 1}, gradients.dweight, in,
                    true);
  }
  if (gradients.dbias != nullptr) {
    for (size_t n = 0; n < N; ++n) kernels.axpy(out, 1, dy + n * out, gradients.dbias);
  }
  if (adapter == nullptr) return;
  const LoraAdapter::Pair& pair = adapter->pair(layer.layer, layer.target);
  if (pair.A.empty()) return;
  const size_t r = adapter->r();
  low_rank.resize(std::max(low_rank.size(), 2 * N * r));
  float* projected = low_rank.data();           // scale x A^T (N, r)
  float* dprojected = low_rank.data() + N * r;  // scale dy B (N, r)
  kernels::matmul(context, kernels, N, r, out, {dy, out, 1}, {pair.B.data(), r, 1}, dprojected, r,
                  false);
  for (size_t i = 0; i < N * r; ++i) dprojected[i] *= adapter->scale();
  if (gradients.dlora != nullptr) {
    kernels::matmul(context, kernels, N, r, in, {x, in, 1}, {pair.A.data(), 1, in}, projected, r,
                    false);
    for (size_t i = 0; i < N * r; ++i) projected[i] *= adapter->scale();
    kernels::matmul(context, kernels, out, r, N, {dy, 1, out}, {projected, r, 1},
                    gradients.dlora->B.data(), r, true);
    kernels::matmul(context, kernels, r, in, N, {dprojected, 1, r}, {x, in, 1},
                    gradients.dlora->A.data(), in, true);
  }
  if (dx != nullptr) {
    kernels::matmul(context, kernels, N, in, r, {dprojected, r, 1}, {pair.A.data(), in, 1}, dx, in,
                    true);
  }
}

void rotate(Context& context, float* x, size_t N, size_t heads, size_t D, bool interleaved,
            const float* angles, std::span<const uint32_t> positions, float direction) {
  const size_t half = D / 2;
  const size_t step = interleaved ? 2 : 1, apart = interleaved ? 1 : half;
  context.threads.parallel_for(N, [&](size_t begin, size_t end, size_t) {
    for (size_t n = begin; n < end; ++n) {
      const float* turn = angles + positions[n] * D;  // cos (D/2), then sin (D/2)
      for (size_t h = 0; h < heads; ++h) {
        float* low = x + (n * heads + h) * D;
        float* high = low + apart;
        for (size_t j = 0; j < half; ++j) {
          const float cosine = turn[j], sine = direction * turn[half + j];
          const float a = low[j * step], b = high[j * step];
          low[j * step] = a * cosine - b * sine;
          high[j * step] = b * cosine + a * sine;
        }
      }
    }
  });
}

void embed(Context& context, const Matrix& table, float scale, std::span<const int32_t> tokens,
           float* out) {
  const size_t C = table.cols;
  context.threads.parallel_for(tokens.size(), [&](size_t begin, size_t end, size_t) {
    for (size_t n = begin; n < end; ++n) {
      float* row = out + n * C;
      dequantize(table.dtype, table.row(static_cast<size_t>(tokens[n])), {row, C});
      if (scale == 1) continue;
      for (size_t c = 0; c < C; ++c) row[c] *= scale;
    }
  });
}

void embed_backward(Context& context, const float* dout, float scale,
                    std::span<const int32_t> tokens, size_t C, float* dtable) {
  context.threads.parallel_for(C, [&](size_t begin, size_t end, size_t) {
    for (size_t n = 0; n < tokens.size(); ++n) {
      float* row = dtable + static_cast<size_t>(tokens[n]) * C;
      for (size_t c = begin; c < end; ++c) row[c] += scale * dout[n * C + c];
    }
  });
}

void add(Context& context, size_t n, const float* y, float* x) {
  context.threads.parallel_for(n, [&](size_t begin, size_t end, size_t) {
    for (size_t i = begin; i < end; ++i) x[i] += y[i];
  });
}

}  // namespace twin::layers
