#include "engine/model/layers.h"

#include <algorithm>
#include <cmath>

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

void linear(Context& context, const kernels::Kernels& kernels, const Linear& layer, const float* x,
            size_t N, float* y, bool accumulate, float* low_rank) {
  kernels::matmul(context, kernels, N, layer.out, layer.in, {x, layer.in, 1},
                  {layer.weight, 1, layer.in}, y, layer.out, accumulate);
  if (layer.lora == nullptr) return;
  const size_t r = layer.r;
  kernels::matmul(context, kernels, N, r, layer.in, {x, layer.in, 1},
                  {layer.lora->A.data(), 1, layer.in}, low_rank, r, false);
  for (size_t i = 0; i < N * r; ++i) low_rank[i] *= layer.scale;
  kernels::matmul(context, kernels, N, layer.out, r, {low_rank, r, 1}, {layer.lora->B.data(), 1, r},
                  y, layer.out, true);
}

void linear_backward(Context& context, const kernels::Kernels& kernels, const Linear& layer,
                     const float* x, const float* dy, size_t N, float* dx, bool accumulate,
                     float* dweight, const LoraAdapter::Pair* dlora, float* low_rank) {
  if (dx != nullptr) {
    kernels::matmul(context, kernels, N, layer.in, layer.out, {dy, layer.out, 1},
                    {layer.weight, layer.in, 1}, dx, layer.in, accumulate);
  }
  if (dweight != nullptr) {
    kernels::matmul(context, kernels, layer.out, layer.in, N, {dy, 1, layer.out}, {x, layer.in, 1},
                    dweight, layer.in, true);
  }
  if (layer.lora == nullptr) return;
  const size_t r = layer.r;
  float* projected = low_rank;           // scale x A^T (N, r)
  float* dprojected = low_rank + N * r;  // scale dy B (N, r)
  kernels::matmul(context, kernels, N, r, layer.out, {dy, layer.out, 1},
                  {layer.lora->B.data(), r, 1}, dprojected, r, false);
  for (size_t i = 0; i < N * r; ++i) dprojected[i] *= layer.scale;
  if (dlora != nullptr) {
    kernels::matmul(context, kernels, N, r, layer.in, {x, layer.in, 1},
                    {layer.lora->A.data(), 1, layer.in}, projected, r, false);
    for (size_t i = 0; i < N * r; ++i) projected[i] *= layer.scale;
    kernels::matmul(context, kernels, layer.out, r, N, {dy, 1, layer.out}, {projected, r, 1},
                    dlora->B.data(), r, true);
    kernels::matmul(context, kernels, r, layer.in, N, {dprojected, 1, r}, {x, layer.in, 1},
                    dlora->A.data(), layer.in, true);
  }
  if (dx != nullptr) {
    kernels::matmul(context, kernels, N, layer.in, r, {dprojected, r, 1},
                    {layer.lora->A.data(), layer.in, 1}, dx, layer.in, true);
  }
}

void rotate(Context& context, float* x, size_t N, size_t heads, size_t D, const float* angles,
            std::span<const uint32_t> positions, float direction) {
  const size_t half = D / 2;
  context.threads.parallel_for(N, [&](size_t begin, size_t end, size_t) {
    for (size_t n = begin; n < end; ++n) {
      const float* turn = angles + positions[n] * D;  // cos (D/2), then sin (D/2)
      for (size_t h = 0; h < heads; ++h) {
        float* low = x + (n * heads + h) * D;
        float* high = low + half;
        for (size_t j = 0; j < half; ++j) {
          const float cosine = turn[j], sine = direction * turn[half + j];
          const float a = low[j], b = high[j];
          low[j] = a * cosine - b * sine;
          high[j] = b * cosine + a * sine;
        }
      }
    }
  });
}

void embed(Context& context, const float* table, std::span<const int32_t> tokens, size_t C,
           float* out) {
  context.threads.parallel_for(tokens.size(), [&](size_t begin, size_t end, size_t) {
    for (size_t n = begin; n < end; ++n) {
      std::copy_n(table + static_cast<size_t>(tokens[n]) * C, C, out + n * C);
    }
  });
}

void embed_backward(Context& context, const float* dout, std::span<const int32_t> tokens, size_t C,
                    float* dtable) {
  context.threads.parallel_for(C, [&](size_t begin, size_t end, size_t) {
    for (size_t n = 0; n < tokens.size(); ++n) {
      float* row = dtable + static_cast<size_t>(tokens[n]) * C;
      for (size_t c = begin; c < end; ++c) row[c] += dout[n * C + c];
    }
  });
}

}  // namespace twin::layers
