#pragma once

#include <cmath>
#include <vector>

#include "engine/model/activations.h"
#include "engine/model/attention.h"
#include "engine/model/decoder.h"
#include "engine/model/layers.h"

namespace twin {

// One layer of a forward pass.
struct ForwardStep {
  const Batch& batch;
  size_t N, l;
  bool keep;  // for the backward pass
  LayerActivations& layer;
  float* next;  // (N, C): its output; null: not wanted, all else is
};

// Indices into LoraAdapter::kTargetModules.
enum Target : size_t { kQ, kK, kV, kO, kGate, kUp, kDown };

// Grows, never shrinks: buffers are reused from batch to batch.
inline void grow(std::vector<float>& buffer, size_t size) {
  if (buffer.size() < size) buffer.resize(size);
}

// What a decoder's calls reuse.
struct Decoder::Scratch {
  Activations passing;  // where nothing is kept
  std::vector<float> normed, act;
  layers::AdapterScratch adapters;
  std::vector<float> dx, dnormed, dact, dgate, dup, dattended, dq, dk, dv, draw;
  std::vector<double> frequencies[2];  // (D/2) of global and local layers
  std::vector<float> angles[2];        // (T, D): D/2 cosines, then D/2 sines of each position
  std::vector<uint32_t> positions;
  std::vector<layers::Run> runs;
  std::vector<attention::Segment> segments;

  // Extends the tables of angles to `count` positions.
  void need_angles(const DecoderConfig& config, size_t count);
};

// Positions of the batch's tokens, and the runs they make; one while training.
void lay_out(const Batch& batch, std::optional<kernels::Compute> training,
             std::vector<uint32_t>& positions, std::vector<layers::Run>& runs);

inline attention::Shape attention_shape(const DecoderConfig& c, size_t layer) {
  const float divisor =
      c.query_pre_attn_scalar > 0 ? c.query_pre_attn_scalar : static_cast<float>(c.head_dim);
  return {c.num_attention_heads, c.num_key_value_heads, c.head_dim, 1 / std::sqrt(divisor),
          c.is_local(layer) ? c.sliding_window : 0};
}

// A layer's linear modules.
inline layers::Linear linear_of(const DecoderTensors::Layer& w, size_t l, Target target) {
  switch (target) {
    case kQ:
      return {w.q_proj, w.q_bias, l, kQ};
    case kK:
      return {w.k_proj, w.k_bias, l, kK};
    case kV:
      return {w.v_proj, w.v_bias, l, kV};
    case kO:
      return {w.o_proj, {}, l, kO};
    case kGate:
      return {w.gate_proj, {}, l, kGate};
    case kUp:
      return {w.up_proj, {}, l, kUp};
    case kDown:
      break;
  }
  return {w.down_proj, {}, l, kDown};
}

// out (N, I) = act(gate) * up.
void gated(Context& context, const kernels::Kernels& kernels, HiddenAct act, size_t N, size_t I,
           const LayerActivations& layer, float* out);

}  // namespace twin
