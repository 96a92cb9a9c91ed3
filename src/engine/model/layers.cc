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

// A stateless generator: the same bits for the same seed and place. Source: splitmix64.
uint64_t random_bits(uint64_t seed, uint64_t place) {
  uint64_t z = seed + (place + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

float* grown(std::vector<float>& buffer, size_t size) {
  if (buffer.size() < size) buffer.resize(size);
  return buffer.data();
}

// The adapter's x (count, in): with dropout a copy, whose values are 0 or divided by what is kept.
// Four to a draw, so the share is a multiple of 2^-16.
const float* adapter_input(Context& context, const Linear& layer, const Run& run, const float* x,
                           std::vector<float>& dropped) {
  const float share = run.adapter->lora().lora_dropout;
  if (!run.dropout || share == 0) return x;
  const size_t in = layer.weight.cols;
  const uint64_t seed = random_bits(*run.dropout, layer.layer * 7 + layer.target);
  const auto threshold = static_cast<uint64_t>(share * 65536);
  const float factor = 1 / (1 - share);
  float* const out = grown(dropped, run.count * in);
  context.threads.parallel_for(run.count, [&](size_t begin, size_t end, size_t) {
    for (size_t n = begin; n < end; ++n) {
      for (size_t i = 0; i < in; i += 4) {
        uint64_t bits = random_bits(seed, (run.dropout_row + n) * in + i);
        for (size_t j = i; j < std::min(i + 4, in); ++j, bits >>= 16) {
          out[n * in + j] = (bits & 0xffff) < threshold ? 0 : factor * x[n * in + j];
        }
      }
    }
  });
  return out;
}

const LoraAdapter::Pair* pair_of(const LoraAdapter* adapter, const Linear& layer) {
  if (adapter == nullptr) return nullptr;
  const LoraAdapter::Pair& pair = adapter->pair(layer.layer, layer.target);
  return pair.A.empty() ? nullptr : &pair;
}

// low (N, r) = scale x A^T for A (r, in): a product so narrow that packing x would take longer than
// all the rest, so x's rows are read once as if they were the weights of r rows.
void narrow_product(Context& context, const kernels::Kernels& kernels, size_t N, size_t in,
                    const float* x, std::span<const float> A, float scale, float* low,
                    AdapterScratch& scratch) {
  const size_t r = A.size() / in;
  float* const turned = grown(scratch.turned, N * r);  // (r, N)
  kernels::linear(context, kernels, kernels::Rows::kFew, r, A.data(), in, {DType::kF32, N, in, x},
                  turned, N, false);
  for (size_t n = 0; n < N; ++n) {
    for (size_t i = 0; i < r; ++i) low[n * r + i] = scale * turned[i * N + n];
  }
}

// low (N, r) = scale x A^T by the run's kind of product.
void project(Context& context, const kernels::Kernels& kernels, const Run& run,
             const LoraAdapter::Pair& pair, const float* x, size_t in, float* low,
             AdapterScratch& scratch) {
  const size_t r = pair.r;
  if (run.training) {
    return narrow_product(context, kernels, run.count, in, x, pair.A, pair.scale, low, scratch);
  }
  kernels::linear(context, kernels, run.rows, run.count, x, in, {DType::kF32, r, in, pair.A.data()},
                  low, r, false);
  for (size_t i = 0; i < run.count * r; ++i) low[i] *= pair.scale;
}

// y (run's rows) += scale (x A^T) B^T; x the run's rows.
void add_adapter(Context& context, const kernels::Kernels& kernels, const Linear& layer,
                 const Run& run, const LoraAdapter::Pair& pair, const float* x, float* y,
                 AdapterScratch& scratch) {
  const size_t out = layer.weight.rows, r = pair.r;
  float* const low = grown(scratch.low_rank, run.count * r);
  project(context, kernels, run, pair, adapter_input(context, layer, run, x, scratch.dropped),
          layer.weight.cols, low, scratch);
  kernels::linear(context, kernels, run.rows, run.count, low, r,
                  {DType::kF32, out, r, pair.B.data()}, y, out, true);
}

void product(Context& context, const kernels::Kernels& kernels, const Run& run, const float* x,
             std::span<const kernels::Product> products, bool accumulate) {
  if (run.training) {
    for (const auto& [W, y, ldy] : products) {
      kernels::training_linear(context, kernels, *run.training, run.count, x, W, y, accumulate);
    }
  } else {
    kernels::linear(context, kernels, run.rows, run.count, x, products[0].W.cols, products,
                    accumulate);
  }
}

// DoRA's factors of the outputs: magnitude / norm.
float factor(const LoraAdapter::Pair& pair, size_t o) {
  return pair.norm[o] > 0 ? pair.magnitude[o] / pair.norm[o] : 0;
}

// y (+)= factor * (x W^T + scale (x A^T) B^T) for one run with DoRA; x and y are the run's rows.
void add_decomposed(Context& context, const kernels::Kernels& kernels, const Linear& layer,
                    const Run& run, const LoraAdapter::Pair& pair, const float* x, float* y,
                    bool accumulate, AdapterScratch& scratch) {
  const size_t out = layer.weight.rows;
  float* const sum = grown(scratch.product, run.count * out);
  const kernels::Product whole = {layer.weight, sum, out};
  product(context, kernels, run, x, {&whole, 1}, false);
  add_adapter(context, kernels, layer, run, pair, x, sum, scratch);
  for (size_t n = 0; n < run.count; ++n) {
    for (size_t o = 0; o < out; ++o) {
      const float value = factor(pair, o) * sum[n * out + o];
      y[n * out + o] = accumulate ? y[n * out + o] + value : value;
    }
  }
}

void add_bias(const kernels::Kernels& kernels, const Linear& layer, const Run& run, float* y) {
  if (layer.bias.empty()) return;
  const size_t out = layer.weight.rows;
  for (size_t n = 0; n < run.count; ++n) kernels.axpy(out, 1, layer.bias.data(), y + n * out);
}

bool is_decomposed(const Run& run) {
  return run.adapter != nullptr && run.adapter->lora().use_dora;
}

// The products of the runs without the adapters' part, as few of them as give the same bits.
void linear_products(Context& context, const kernels::Kernels& kernels,
                     std::span<const LinearOutput> outputs, const float* x,
                     std::span<const Run> runs, bool accumulate) {
  const size_t in = outputs.front().layer.weight.cols;
  bool quantized = !runs.front().training;
  for (const LinearOutput& output : outputs) quantized &= is_quantized(output.layer.weight.dtype);
  for (size_t i = 0; i < runs.size();) {
    Run merged = runs[i];  // runs that differ in their adapters alone go together
    // Both ways of quantised products give the same bits: the weights are read once.
    for (++i; i < runs.size() && (quantized || runs[i].rows == merged.rows); ++i) {
      merged.count += runs[i].count;
      merged.rows = runs[i].rows;
    }
    std::vector<kernels::Product> products;
    for (const auto& [layer, y] : outputs) {
      const size_t out = layer.weight.rows;
      products.push_back({layer.weight, y + merged.first * out, out});
    }
    product(context, kernels, merged, x + merged.first * in, products, accumulate);
  }
}

}  // namespace

void linear(Context& context, const kernels::Kernels& kernels,
            std::span<const LinearOutput> outputs, const float* x, std::span<const Run> runs,
            bool accumulate, AdapterScratch& scratch) {
  const size_t in = outputs.front().layer.weight.cols;
  const bool decomposed = std::any_of(runs.begin(), runs.end(), is_decomposed);
  if (!decomposed) linear_products(context, kernels, outputs, x, runs, accumulate);
  for (const Run& run : runs) {
    const float* const rows = x + run.first * in;
    for (const LinearOutput& output : outputs) {
      const Linear& layer = output.layer;
      float* const y = output.y + run.first * layer.weight.rows;
      const LoraAdapter::Pair* const pair = pair_of(run.adapter, layer);
      if (decomposed && pair != nullptr && is_decomposed(run)) {
        add_decomposed(context, kernels, layer, run, *pair, rows, y, accumulate, scratch);
        add_bias(kernels, layer, run, y);
        continue;
      }
      if (decomposed) linear_products(context, kernels, {&output, 1}, x, {&run, 1}, accumulate);
      add_bias(kernels, layer, run, y);
      if (pair == nullptr) continue;
      add_adapter(context, kernels, layer, run, *pair, rows, y, scratch);
    }
  }
}

void linear_backward(Context& context, const kernels::Kernels& kernels, const Linear& layer,
                     const Run& run, const float* x, const float* dy, float* dx, bool accumulate,
                     const LinearGradients& gradients, AdapterScratch& scratch) {
  const size_t in = layer.weight.cols, out = layer.weight.rows, N = run.count;
  if (gradients.dbias != nullptr) {
    for (size_t n = 0; n < N; ++n) kernels.axpy(out, 1, dy + n * out, gradients.dbias);
  }
  const LoraAdapter::Pair* const pair = pair_of(run.adapter, layer);
  if (pair != nullptr && is_decomposed(run)) {  // from here on, dy is that of what is scaled
    float* const scaled = grown(scratch.product, 2 * N * out);
    if (gradients.dlora != nullptr) {
      float* const sum = scaled + N * out;
      kernels::training_linear(context, kernels, *run.training, N, x, layer.weight, sum, false);
      add_adapter(context, kernels, layer, run, *pair, x, sum, scratch);
      for (size_t n = 0; n < N; ++n) {
        for (size_t o = 0; o < out; ++o) {
          const float norm = pair->norm[o];
          const float along = dy[n * out + o] * sum[n * out + o];
          gradients.dlora->magnitude[o] += norm > 0 ? along / norm : 0;
        }
      }
    }
    for (size_t n = 0; n < N; ++n) {
      for (size_t o = 0; o < out; ++o) scaled[n * out + o] = factor(*pair, o) * dy[n * out + o];
    }
    dy = scaled;
  }
  if (dx != nullptr) {
    kernels::training_linear_dx(context, kernels, *run.training, N, dy, layer.weight, dx,
                                accumulate);
  }
  if (gradients.dweight != nullptr) {
    kernels::training_linear_dw(context, kernels, *run.training, N, out, in, dy, x,
                                gradients.dweight);
  }
  if (pair == nullptr) return;
  const size_t r = pair->r;
  float* const projected = grown(scratch.low_rank, 2 * N * r);  // scale x A^T (N, r)
  float* const dprojected = projected + N * r;                  // scale dy B (N, r)
  std::vector<float> columns(r * out);                          // B^T
  for (size_t o = 0; o < out; ++o) {
    for (size_t i = 0; i < r; ++i) columns[i * out + o] = pair->B[o * r + i];
  }
  narrow_product(context, kernels, N, out, dy, columns, pair->scale, dprojected, scratch);
  const float* const taken = adapter_input(context, layer, run, x, scratch.dropped);
  if (gradients.dlora != nullptr) {
    project(context, kernels, run, *pair, taken, in, projected, scratch);
    kernels::matmul(context, kernels, out, r, N, {dy, 1, out}, {projected, r, 1},
                    gradients.dlora->B.data(), r, true);
    kernels::matmul(context, kernels, r, in, N, {dprojected, 1, r}, {taken, in, 1},
                    gradients.dlora->A.data(), in, true);
  }
  if (dx == nullptr) return;
  if (taken == x) {
    kernels::matmul(context, kernels, N, in, r, {dprojected, r, 1}, {pair->A.data(), in, 1}, dx, in,
                    true);
    return;
  }
  // Through the dropout: the gradient of what A took, dropped as x was.
  float* const dtaken = grown(scratch.product, N * in);
  kernels::matmul(context, kernels, N, in, r, {dprojected, r, 1}, {pair->A.data(), in, 1}, dtaken,
                  in, false);
  const float* const kept = adapter_input(context, layer, run, dtaken, scratch.dropped);
  add(context, N * in, kept, dx);
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

void add_noise(Context& context, uint64_t seed, float bound, size_t count, size_t C, float* x) {
  context.threads.parallel_for(count, [&](size_t begin, size_t end, size_t) {
    for (size_t i = begin * C; i < end * C; ++i) {
      const auto draw = static_cast<float>(random_bits(seed, i) >> 40) * 0x1p-24f;  // [0, 1)
      x[i] += bound * (2 * draw - 1);
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
