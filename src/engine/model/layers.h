#pragma once

#include <cstdint>
#include <span>

#include "base/context.h"
#include "engine/kernels/kernels.h"
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

// A linear layer and, where `lora` is not null, its adapter.
struct Linear {
  const float* weight;  // (out, in)
  size_t out, in;
  const LoraAdapter::Pair* lora = nullptr;
  size_t r = 0;
  float scale = 0;
};

// y (N, out) = x W^T, plus scale (x A^T) B^T; y += where `accumulate`.
// `low_rank` (N, r) is scratch, unused without an adapter.
void linear(Context& context, const kernels::Kernels& kernels, const Linear& layer, const float* x,
            size_t N, float* y, bool accumulate, float* low_rank);
// dx (N, in) from dy (N, out): overwritten, or added to where `accumulate`; null: not computed.
// dweight (out, in) and the pair dlora are added to where not null. `low_rank` (2, N, r) is
// scratch.
void linear_backward(Context& context, const kernels::Kernels& kernels, const Linear& layer,
                     const float* x, const float* dy, size_t N, float* dx, bool accumulate,
                     float* dweight, const LoraAdapter::Pair* dlora, float* low_rank);

// Rotary embeddings in Hugging Face's layout: x[j] and x[j + D/2] turn by position * theta^(-2j/D).
// Source: Su et al. 2021, arXiv:2104.09864.
// Shapes: x (N, heads, D) in place; angles (T, D): D/2 cosines, then D/2 sines; positions (N) into
// it. `direction` -1 turns back: the backward pass.
void rotate(Context& context, float* x, size_t N, size_t heads, size_t D, const float* angles,
            std::span<const uint32_t> positions, float direction);

// out (N, C) = rows of table (V, C).
void embed(Context& context, const float* table, std::span<const int32_t> tokens, size_t C,
           float* out);
// dtable (V, C) += rows of dout (N, C), in token order.
void embed_backward(Context& context, const float* dout, std::span<const int32_t> tokens, size_t C,
                    float* dtable);

}  // namespace twin::layers
