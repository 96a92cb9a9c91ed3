#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/context.h"
#include "engine/kernels/linear.h"
#include "engine/model/lora.h"

// The decoder's layers but for attention, each a forward and a backward. Shapes by the legend of
// src/README.md. All split rows or columns over the context's threads, none depends on their
// number.
namespace twin::layers {

// RMSNorm: y = x * rstd * weight, rstd = 1 / sqrt(mean(x^2) + eps).
// Source: Zhang & Sennrich 2019, arXiv:1910.07467.
// Shapes: x, y (N, C); weight (C); rstd (N), kept for the backward pass.
void rms_norm(Context& context, const kernels::Kernels& kernels, const float* x,
              const float* weight, float eps, size_t N, size_t C, float* y, float* rstd);
// The same from a known rstd: what the backward pass recomputes y with.
void rms_norm_again(Context& context, const float* x, const float* weight, const float* rstd,
                    size_t N, size_t C, float* y);
// dx (N, C) is added to; dweight (C), where not null, too.
void rms_norm_backward(Context& context, const float* x, const float* weight, const float* rstd,
                       const float* dy, size_t N, size_t C, float* dx, float* dweight);

// Consecutive tokens of a batch that take the same way through a linear layer.
struct Run {
  size_t first, count;
  kernels::Rows rows;
  // Of what is kept for a backward pass; else linear() takes the weights as they are stored.
  std::optional<kernels::Compute> training;
  const LoraAdapter* adapter;       // null: none
  std::optional<uint64_t> dropout;  // the seed of the adapter's dropout; none while generating
  size_t dropout_row = 0;           // the first row's number in it
};

// Memory that adapters are computed in, grown as needed.
struct AdapterScratch {
  std::vector<float> low_rank, dropped, product, turned;
};

// A linear layer and where its adapters are: `target` is an index into LoraAdapter::kTargetModules.
struct Linear {
  const Matrix& weight;         // (out, in)
  std::span<const float> bias;  // (out) or empty
  size_t layer, target;
};

struct LinearOutput {
  Linear layer;
  float* y;  // (N, out)
};

// For each of `outputs`, layers of the same x (N, in): y = x W^T + bias, plus scale (x A^T) B^T of
// each run's adapter; y += where `accumulate`. The runs cover the N tokens.
void linear(Context& context, const kernels::Kernels& kernels,
            std::span<const LinearOutput> outputs, const float* x, std::span<const Run> runs,
            bool accumulate, AdapterScratch& scratch);
// dx (N, in) from dy (N, out): overwritten, or added to where `accumulate`; null: not computed.
// dweight (out, in), dbias (out) and the pair dlora are added to where not null. `run`: all N
// tokens, as forward went.
struct LinearGradients {
  float* dweight = nullptr;
  float* dbias = nullptr;
  const LoraAdapter::Pair* dlora = nullptr;
};
void linear_backward(Context& context, const kernels::Kernels& kernels, const Linear& layer,
                     const Run& run, const float* x, const float* dy, float* dx, bool accumulate,
                     const LinearGradients& gradients, AdapterScratch& scratch);

// Rotary embeddings: x[j] and x[j + D/2] turn by position times the pair's frequency, or x[2j] and
// x[2j + 1] where `interleaved`.
// Source: Su et al. 2021, arXiv:2104.09864.
// Shapes: x (N, heads, D) in place; angles (T, D): D/2 cosines, then D/2 sines; positions (N) into
// it. `direction` -1 turns back: the backward pass.
void rotate(Context& context, float* x, size_t N, size_t heads, size_t D, bool interleaved,
            const float* angles, std::span<const uint32_t> positions, float direction);

// out (N, C) = scale * rows of table (V, C).
void embed(Context& context, const Matrix& table, float scale, std::span<const int32_t> tokens,
           float* out);
// x (count, C) += noise, uniform in [-bound, bound).
void add_noise(Context& context, uint64_t seed, float bound, size_t count, size_t C, float* x);
// dtable (V, C) += scale * rows of dout (N, C), in token order.
void embed_backward(Context& context, const float* dout, float scale,
                    std::span<const int32_t> tokens, size_t C, float* dtable);

// x (n) += y (n).
void add(Context& context, size_t n, const float* y, float* x);

}  // namespace twin::layers
