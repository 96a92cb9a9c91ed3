#include <algorithm>

#include "base/error.h"
#include "engine/model/decoder_scratch.h"

namespace twin {

// One layer of a backward pass.
struct BackwardStep {
  const Batch& batch;
  size_t N, l;
  const LayerActivations& layer;
  const DecoderWeights::Layer* dw;  // null: no gradients of the base
  const LoraAdapter* dadapter;      // null: none of the adapter
};

namespace {

using LayerVector = std::span<float> DecoderWeights::Layer::*;

float* gradient_of(const BackwardStep& step, LayerVector place) {
  if (step.dw == nullptr || (step.dw->*place).empty()) return nullptr;
  return (step.dw->*place).data();
}

// Where the gradients of one linear module go.
layers::LinearGradients gradients_of(const BackwardStep& step, Target target) {
  using Layer = DecoderWeights::Layer;
  constexpr LayerVector kWeights[] = {&Layer::q_proj,   &Layer::k_proj,    &Layer::v_proj,
                                      &Layer::o_proj,   &Layer::gate_proj, &Layer::up_proj,
                                      &Layer::down_proj};
  constexpr LayerVector kBiases[] = {&Layer::q_bias, &Layer::k_bias, &Layer::v_bias};
  layers::LinearGradients to;
  to.dweight = gradient_of(step, kWeights[target]);
  if (target <= kV) to.dbias = gradient_of(step, kBiases[target]);
  if (step.dadapter != nullptr) to.dlora = &step.dadapter->pair(step.l, target);
  return to;
}

}  // namespace

// Turns the scratch's dx from the gradient of a layer's output into that of its input.
void Decoder::backward_layer(const BackwardStep& step) {
  using Layer = DecoderWeights::Layer;
  const DecoderConfig& c = config();
  const size_t N = step.N, l = step.l, C = c.hidden_size, I = c.intermediate_size;
  const size_t D = c.head_dim, H = c.num_attention_heads, KV = c.num_key_value_heads;
  const LayerActivations& layer = step.layer;
  const DecoderTensors::Layer& w = tensors_.layers[l];
  Scratch& s = *scratch_;
  const auto apply_backward = [&](Target target, const float* x, const float* dy, float* dx,
                                  bool accumulate) {
    layers::linear_backward(context_, kernels_, linear_of(w, l, target), s.runs.front(), x, dy, dx,
                            accumulate, gradients_of(step, target), s.adapters);
  };
  const auto norm_backward = [&](const std::vector<float>& x, std::span<const float> weight,
                                 const std::vector<float>& rstd, const float* dy, size_t rows,
                                 float* dx, LayerVector dweight) {
    layers::rms_norm_backward(context_, x.data(), weight.data(), rstd.data(), dy, rows,
                              weight.size(), dx, gradient_of(step, dweight));
  };
  // The gradient of a module's own output: dx, by way of the norm behind it with sandwich_norms.
  const auto module_gradient = [&](const std::vector<float>& raw, std::span<const float> weight,
                                   const std::vector<float>& rstd, LayerVector dweight) {
    if (!c.sandwich_norms) return static_cast<const float*>(s.dx.data());
    grow(s.draw, N * C);
    std::fill_n(s.draw.data(), N * C, 0.0f);
    norm_backward(raw, weight, rstd, s.dx.data(), N, s.draw.data(), dweight);
    return static_cast<const float*>(s.draw.data());
  };
  const auto norm_again = [&](const std::vector<float>& x, std::span<const float> weight,
                              const std::vector<float>& rstd) {
    layers::rms_norm_again(context_, x.data(), weight.data(), rstd.data(), N, C, s.normed.data());
  };

  const std::span<const float> mlp_norm =
      c.sandwich_norms ? w.pre_feedforward_layernorm : w.post_attention_layernorm;
  const auto gated_backward =
      c.hidden_act == HiddenAct::kSilu ? kernels_.swiglu_backward : kernels_.geglu_backward;
  gated(context_, kernels_, c.hidden_act, N, I, layer, s.act.data());
  apply_backward(kDown, s.act.data(),
                 module_gradient(layer.mlp_out, w.post_feedforward_layernorm, layer.rstd_mlp,
                                 &Layer::post_feedforward_layernorm),
                 s.dact.data(), false);
  context_.threads.parallel_for(N, [&](size_t begin, size_t end, size_t) {
    const size_t at = begin * I;
    gated_backward((end - begin) * I, layer.gate.data() + at, layer.up.data() + at,
                   s.dact.data() + at, s.dgate.data() + at, s.dup.data() + at);
  });
  norm_again(layer.x_mid, mlp_norm, layer.rstd_mid);
  apply_backward(kGate, s.normed.data(), s.dgate.data(), s.dnormed.data(), false);
  apply_backward(kUp, s.normed.data(), s.dup.data(), s.dnormed.data(), true);
  norm_backward(
      layer.x_mid, mlp_norm, layer.rstd_mid, s.dnormed.data(), N, s.dx.data(),
      c.sandwich_norms ? &Layer::pre_feedforward_layernorm : &Layer::post_attention_layernorm);

  apply_backward(kO, layer.attended.data(),
                 module_gradient(layer.attention_out, w.post_attention_layernorm,
                                 layer.rstd_attention, &Layer::post_attention_layernorm),
                 s.dattended.data(), false);
  s.segments.clear();
  size_t first = 0;
  for (const Segment& segment : step.batch.segments) {
    s.segments.push_back({first, segment.length, 0, layer.k.data() + first * KV * D,
                          layer.v.data() + first * KV * D});
    first += segment.length;
  }
  attention::backward(context_, kernels_, attention_shape(c, l), s.segments, layer.q.data(),
                      layer.attended.data(), layer.lse.data(), s.dattended.data(), N, s.dq.data(),
                      s.dk.data(), s.dv.data());
  const float* angles = s.angles[c.is_local(l)].data();
  layers::rotate(context_, s.dq.data(), N, H, D, c.rope_interleaved, angles, s.positions, -1);
  layers::rotate(context_, s.dk.data(), N, KV, D, c.rope_interleaved, angles, s.positions, -1);
  // Through a head's norm where there is one; `raw` and `turned` are (N, heads, D).
  const auto head_gradient = [&](std::vector<float>& turned, const std::vector<float>& raw,
                                 std::span<const float> weight, const std::vector<float>& rstd,
                                 size_t heads, LayerVector dweight) {
    if (!c.qk_norm) return;
    grow(s.draw, N * heads * D);
    std::fill_n(s.draw.data(), N * heads * D, 0.0f);
    norm_backward(raw, weight, rstd, turned.data(), N * heads, s.draw.data(), dweight);
    std::copy_n(s.draw.data(), N * heads * D, turned.data());
  };
  head_gradient(s.dq, layer.q_raw, w.q_norm, layer.rstd_q, H, &Layer::q_norm);
  head_gradient(s.dk, layer.k_raw, w.k_norm, layer.rstd_k, KV, &Layer::k_norm);

  norm_again(layer.x, w.input_layernorm, layer.rstd_in);
  apply_backward(kQ, s.normed.data(), s.dq.data(), s.dnormed.data(), false);
  apply_backward(kK, s.normed.data(), s.dk.data(), s.dnormed.data(), true);
  apply_backward(kV, s.normed.data(), s.dv.data(), s.dnormed.data(), true);
  norm_backward(layer.x, w.input_layernorm, layer.rstd_in, s.dnormed.data(), N, s.dx.data(),
                &Layer::input_layernorm);
}

void Decoder::backward(const Batch& batch, std::span<const float> dhidden, Activations& a,
                       DecoderWeights* grads, LoraAdapter* adapter_grads) {
  const DecoderConfig& c = config();
  const size_t N = batch.tokens.size(), C = c.hidden_size;
  TWIN_CHECK(a.N == N && a.layers.size() == c.num_hidden_layers && dhidden.size() == N * C);
  if (N == 0) return;
  lay_out(batch, a.pass.compute, scratch_->positions, scratch_->runs);
  TWIN_CHECK(adapter_grads == nullptr || batch.segments.front().adapter != nullptr);
  Scratch& s = *scratch_;
  for (auto* buffer : {&s.dx, &s.dnormed}) grow(*buffer, N * C);
  for (auto* buffer : {&s.dact, &s.dgate, &s.dup}) grow(*buffer, N * c.intermediate_size);
  for (auto* buffer : {&s.dattended, &s.dq}) grow(*buffer, N * c.num_attention_heads * c.head_dim);
  for (auto* buffer : {&s.dk, &s.dv}) grow(*buffer, N * c.num_key_value_heads * c.head_dim);

  std::fill_n(s.dx.data(), N * C, 0.0f);
  layers::rms_norm_backward(context_, a.x_out.data(), tensors_.norm.data(), a.rstd_out.data(),
                            dhidden.data(), N, C, s.dx.data(),
                            grads == nullptr ? nullptr : grads->norm().data());
  for (size_t l = c.num_hidden_layers; l-- > 0;) {
    const Activations::Layer layer(a, l);
    if (!a.is_kept(l)) forward_layer({batch, N, l, true, *layer, nullptr});
    backward_layer(
        {batch, N, l, *layer, grads == nullptr ? nullptr : &grads->layer(l), adapter_grads});
  }
  if (grads != nullptr) {
    layers::embed_backward(context_, s.dx.data(), c.embedding_scale, batch.tokens, C,
                           grads->embed_tokens().data());
  }
}

}  // namespace twin
