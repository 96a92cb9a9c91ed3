#include "engine/model/decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "engine/model/activations.h"
#include "engine/model/attention.h"
#include "engine/model/layers.h"

namespace twin {
namespace {

// Indices into LoraAdapter::kTargetModules.
enum Target { kQ, kK, kV, kO, kGate, kUp, kDown };

// Grows, never shrinks: buffers are reused from batch to batch.
void grow(std::vector<float>& buffer, size_t size) {
  if (buffer.size() < size) buffer.resize(size);
}

const LoraAdapter::Pair* pair_of(const LoraAdapter* adapter, size_t l, Target target) {
  return adapter == nullptr ? nullptr : &adapter->pair(l, target);
}

}  // namespace

void LayerActivations::resize(const DecoderConfig& c, size_t N) {
  const size_t Q = c.num_attention_heads * c.head_dim, K = c.num_key_value_heads * c.head_dim;
  for (auto* buffer : {&x, &x_mid}) grow(*buffer, N * c.hidden_size);
  for (auto* buffer : {&rstd_in, &rstd_mid}) grow(*buffer, N);
  for (auto* buffer : {&q, &attended}) grow(*buffer, N * Q);
  for (auto* buffer : {&k, &v}) grow(*buffer, N * K);
  for (auto* buffer : {&gate, &up}) grow(*buffer, N * c.intermediate_size);
  grow(lse, c.num_attention_heads * N);
}

void Activations::resize(const DecoderConfig& config, size_t layer_count, size_t tokens) {
  layers.resize(layer_count);
  for (LayerActivations& layer : layers) layer.resize(config, tokens);
  grow(x_out, tokens * config.hidden_size);
  grow(rstd_out, tokens);
  N = tokens;
}

void ActivationsDeleter::operator()(Activations* a) const { delete a; }
ActivationsPtr Decoder::make_activations() {
  return ActivationsPtr(std::make_unique<Activations>().release());
}

size_t Decoder::activation_bytes(const DecoderConfig& c, size_t N, size_t T, bool lora) {
  const size_t Q = c.num_attention_heads * c.head_dim, K = c.num_key_value_heads * c.head_dim;
  const size_t C = c.hidden_size, I = c.intermediate_size;
  const size_t layer = 2 * C + 2 + 2 * Q + 2 * K + 2 * I + c.num_attention_heads;
  const size_t kept = c.num_hidden_layers * layer + C + 1;
  const size_t scratch = 3 * C + 4 * I + 2 * Q + 2 * K + (lora ? 2 * C / 8 : 0);
  return sizeof(float) * (N * (kept + scratch) + 2 * 64 * T);
}

KvCache::KvCache(const DecoderConfig& config, size_t capacity)
    : capacity_(capacity), row_(config.num_key_value_heads * config.head_dim) {
  keys_.resize(config.num_hidden_layers * capacity * row_);
  values_.resize(keys_.size());
}

void KvCache::truncate(size_t length) {
  TWIN_CHECK(length <= length_);
  length_ = length;
}

struct Decoder::Scratch {
  Activations passing;  // one layer's, where nothing is kept
  std::vector<float> normed, act, low_rank;
  std::vector<float> dx, dnormed, dact, dgate, dup, dattended, dq, dk, dv;
  std::vector<float> angles;  // (T, D): D/2 cosines, then D/2 sines of each position
  std::vector<uint32_t> positions;
  std::vector<attention::Segment> segments;

  // Extends the table of angles to `count` positions.
  void need_angles(const DecoderConfig& config, size_t count) {
    const size_t D = config.head_dim, half = D / 2;
    for (size_t p = angles.size() / D; p < count; ++p) {
      angles.resize((p + 1) * D);
      for (size_t j = 0; j < half; ++j) {
        const double frequency = std::pow(static_cast<double>(config.rope_theta),
                                          -2.0 * static_cast<double>(j) / static_cast<double>(D));
        const double angle = static_cast<double>(p) * frequency;
        angles[p * D + j] = static_cast<float>(std::cos(angle));
        angles[p * D + half + j] = static_cast<float>(std::sin(angle));
      }
    }
  }

  layers::Linear linear(std::span<const float> weight, size_t out, size_t in,
                        const LoraAdapter* adapter, size_t l, Target target) {
    return {weight.data(),
            out,
            in,
            pair_of(adapter, l, target),
            adapter == nullptr ? 0 : adapter->r(),
            adapter == nullptr ? 0.0f : adapter->scale()};
  }

  // The seven linear layers of block l, in the order of Target.
  std::array<layers::Linear, 7> linears(const DecoderWeights& weights, const LoraAdapter* adapter,
                                        size_t l) {
    const DecoderConfig& c = weights.config();
    const DecoderWeights::Layer& w = weights.layer(l);
    const size_t Q = c.num_attention_heads * c.head_dim, K = c.num_key_value_heads * c.head_dim;
    const size_t C = c.hidden_size, I = c.intermediate_size;
    return {linear(w.q_proj, Q, C, adapter, l, kQ),       linear(w.k_proj, K, C, adapter, l, kK),
            linear(w.v_proj, K, C, adapter, l, kV),       linear(w.o_proj, C, Q, adapter, l, kO),
            linear(w.gate_proj, I, C, adapter, l, kGate), linear(w.up_proj, I, C, adapter, l, kUp),
            linear(w.down_proj, C, I, adapter, l, kDown)};
  }
};

Decoder::Decoder(Context& context, const kernels::Kernels& kernels, const DecoderWeights& weights,
                 const LoraAdapter* adapter)
    : context_(context),
      kernels_(kernels),
      weights_(weights),
      adapter_(adapter),
      scratch_(std::make_unique<Scratch>()) {
  TWIN_CHECK(adapter == nullptr || adapter->config() == weights.config());
}

Decoder::~Decoder() = default;

namespace {

// Checks the batch and returns the number of positions it reaches.
size_t check_batch(const DecoderConfig& config, const Batch& batch, bool keeping) {
  size_t total = 0, reach = 0;
  for (const Segment& segment : batch.segments) {
    TWIN_CHECK(!keeping || segment.cache == nullptr);
    const size_t past = segment.cache == nullptr ? 0 : segment.cache->length();
    const size_t end = past + segment.length;
    if (end > config.max_position_embeddings ||
        (segment.cache != nullptr && end > segment.cache->capacity())) {
      const size_t limit = segment.cache == nullptr ? config.max_position_embeddings
                                                    : std::min(config.max_position_embeddings,
                                                               segment.cache->capacity());
      throw Error(
          ErrorCode::kBadInput,
          fmt::format("a sequence of {} tokens is longer than the {} the model takes", end, limit));
    }
    total += segment.length;
    reach = std::max(reach, end);
  }
  TWIN_CHECK(total == batch.tokens.size());
  for (int32_t token : batch.tokens) {
    if (token < 0 || static_cast<size_t>(token) >= config.vocab_size) {
      throw Error(ErrorCode::kBadInput, fmt::format("token id {} is outside the vocabulary of {}",
                                                    token, config.vocab_size));
    }
  }
  return reach;
}

}  // namespace

void Decoder::forward(const Batch& batch, std::span<float> hidden, Activations* activations) {
  const DecoderConfig& c = config();
  const size_t N = batch.tokens.size(), C = c.hidden_size, L = c.num_hidden_layers;
  const size_t D = c.head_dim, H = c.num_attention_heads, KV = c.num_key_value_heads;
  const size_t row = KV * D;
  TWIN_CHECK(hidden.size() == N * C);
  Scratch& s = *scratch_;
  s.need_angles(c, check_batch(c, batch, activations != nullptr));
  const bool keep = activations != nullptr;
  Activations& a = keep ? *activations : s.passing;
  a.resize(c, keep ? L : 1, N);
  grow(s.normed, N * C);
  grow(s.act, N * c.intermediate_size);
  if (adapter_ != nullptr) grow(s.low_rank, 2 * N * adapter_->r());

  s.positions.clear();
  for (const Segment& segment : batch.segments) {
    const size_t past = segment.cache == nullptr ? 0 : segment.cache->length();
    for (size_t t = 0; t < segment.length; ++t) {
      s.positions.push_back(static_cast<uint32_t>(past + t));
    }
  }

  layers::embed(context_, weights_.embed_tokens().data(), batch.tokens, C, a.layers[0].x.data());
  for (size_t l = 0; l < L; ++l) {
    LayerActivations& layer = a.layers[keep ? l : 0];
    float* next = l + 1 == L ? a.x_out.data() : a.layers[keep ? l + 1 : 0].x.data();
    const DecoderWeights::Layer& w = weights_.layer(l);
    const auto linears = s.linears(weights_, adapter_, l);
    const auto apply = [&](Target target, const float* x, float* y, bool accumulate) {
      layers::linear(context_, kernels_, linears[target], x, N, y, accumulate, s.low_rank.data());
    };

    layers::rms_norm(context_, kernels_, layer.x.data(), w.input_layernorm.data(), c.rms_norm_eps,
                     N, C, s.normed.data(), layer.rstd_in.data());
    apply(kQ, s.normed.data(), layer.q.data(), false);
    apply(kK, s.normed.data(), layer.k.data(), false);
    apply(kV, s.normed.data(), layer.v.data(), false);
    layers::rotate(context_, layer.q.data(), N, H, D, s.angles.data(), s.positions, 1);
    layers::rotate(context_, layer.k.data(), N, KV, D, s.angles.data(), s.positions, 1);

    s.segments.clear();
    size_t first = 0;
    for (const Segment& segment : batch.segments) {
      attention::Segment seen{first, segment.length, 0, layer.k.data() + first * row,
                              layer.v.data() + first * row};
      if (KvCache* cache = segment.cache) {
        const size_t base = l * cache->capacity_ * row, at = base + cache->length_ * row;
        std::copy_n(seen.keys, segment.length * row, cache->keys_.data() + at);
        std::copy_n(seen.values, segment.length * row, cache->values_.data() + at);
        seen.past = cache->length_;
        seen.keys = cache->keys_.data() + base;
        seen.values = cache->values_.data() + base;
      }
      s.segments.push_back(seen);
      first += segment.length;
    }
    attention::forward(context_, kernels_, {H, KV, D}, s.segments, layer.q.data(), N,
                       layer.attended.data(), keep ? layer.lse.data() : nullptr);
    std::copy_n(layer.x.data(), N * C, layer.x_mid.data());
    apply(kO, layer.attended.data(), layer.x_mid.data(), true);

    layers::rms_norm(context_, kernels_, layer.x_mid.data(), w.post_attention_layernorm.data(),
                     c.rms_norm_eps, N, C, s.normed.data(), layer.rstd_mid.data());
    apply(kGate, s.normed.data(), layer.gate.data(), false);
    apply(kUp, s.normed.data(), layer.up.data(), false);
    context_.threads.parallel_for(N, [&](size_t begin, size_t end, size_t) {
      const size_t at = begin * c.intermediate_size;
      kernels_.swiglu((end - begin) * c.intermediate_size, layer.gate.data() + at,
                      layer.up.data() + at, s.act.data() + at);
    });
    std::copy_n(layer.x_mid.data(), N * C, next);
    apply(kDown, s.act.data(), next, true);
  }
  layers::rms_norm(context_, kernels_, a.x_out.data(), weights_.norm().data(), c.rms_norm_eps, N, C,
                   hidden.data(), a.rstd_out.data());
  for (const Segment& segment : batch.segments) {
    if (segment.cache != nullptr) segment.cache->length_ += segment.length;
  }
}

void Decoder::logits(std::span<const float> hidden, std::span<float> logits) {
  const size_t C = config().hidden_size, V = config().vocab_size, rows = hidden.size() / C;
  TWIN_CHECK(hidden.size() == rows * C && logits.size() == rows * V);
  kernels::matmul(context_, kernels_, rows, V, C, {hidden.data(), C, 1},
                  {weights_.lm_head().data(), 1, C}, logits.data(), V, false);
}

void Decoder::backward(const Batch& batch, std::span<const float> dhidden, Activations& a,
                       DecoderWeights* grads, LoraAdapter* adapter_grads) {
  const DecoderConfig& c = config();
  const size_t N = batch.tokens.size(), C = c.hidden_size, I = c.intermediate_size;
  const size_t D = c.head_dim, H = c.num_attention_heads, KV = c.num_key_value_heads;
  TWIN_CHECK(a.N == N && a.layers.size() == c.num_hidden_layers && dhidden.size() == N * C);
  TWIN_CHECK(adapter_grads == nullptr || adapter_ != nullptr);
  Scratch& s = *scratch_;
  for (auto* buffer : {&s.dx, &s.dnormed}) grow(*buffer, N * C);
  for (auto* buffer : {&s.dact, &s.dgate, &s.dup}) grow(*buffer, N * I);
  for (auto* buffer : {&s.dattended, &s.dq}) grow(*buffer, N * H * D);
  for (auto* buffer : {&s.dk, &s.dv}) grow(*buffer, N * KV * D);

  std::fill_n(s.dx.data(), N * C, 0.0f);
  layers::rms_norm_backward(context_, a.x_out.data(), weights_.norm().data(), a.rstd_out.data(),
                            dhidden.data(), N, C, s.dx.data(),
                            grads == nullptr ? nullptr : grads->norm().data());
  for (size_t l = c.num_hidden_layers; l-- > 0;) {
    const LayerActivations& layer = a.layers[l];
    const DecoderWeights::Layer& w = weights_.layer(l);
    const DecoderWeights::Layer* dw = grads == nullptr ? nullptr : &grads->layer(l);
    const auto linears = s.linears(weights_, adapter_, l);
    const auto apply_backward = [&](Target target, const float* x, const float* dy, float* dx,
                                    bool accumulate, std::span<float> dweight) {
      layers::linear_backward(context_, kernels_, linears[target], x, dy, N, dx, accumulate,
                              dweight.data(), pair_of(adapter_grads, l, target), s.low_rank.data());
    };
    const std::span<float> none;

    context_.threads.parallel_for(N, [&](size_t begin, size_t end, size_t) {
      kernels_.swiglu((end - begin) * I, layer.gate.data() + begin * I, layer.up.data() + begin * I,
                      s.act.data() + begin * I);
    });
    apply_backward(kDown, s.act.data(), s.dx.data(), s.dact.data(), false,
                   dw ? dw->down_proj : none);
    context_.threads.parallel_for(N, [&](size_t begin, size_t end, size_t) {
      const size_t at = begin * I;
      kernels_.swiglu_backward((end - begin) * I, layer.gate.data() + at, layer.up.data() + at,
                               s.dact.data() + at, s.dgate.data() + at, s.dup.data() + at);
    });
    layers::rms_norm_again(context_, layer.x_mid.data(), w.post_attention_layernorm.data(),
                           layer.rstd_mid.data(), N, C, s.normed.data());
    apply_backward(kGate, s.normed.data(), s.dgate.data(), s.dnormed.data(), false,
                   dw ? dw->gate_proj : none);
    apply_backward(kUp, s.normed.data(), s.dup.data(), s.dnormed.data(), true,
                   dw ? dw->up_proj : none);
    layers::rms_norm_backward(context_, layer.x_mid.data(), w.post_attention_layernorm.data(),
                              layer.rstd_mid.data(), s.dnormed.data(), N, C, s.dx.data(),
                              dw ? dw->post_attention_layernorm.data() : nullptr);

    apply_backward(kO, layer.attended.data(), s.dx.data(), s.dattended.data(), false,
                   dw ? dw->o_proj : none);
    s.segments.clear();
    size_t first = 0;
    for (const Segment& segment : batch.segments) {
      s.segments.push_back({first, segment.length, 0, layer.k.data() + first * KV * D,
                            layer.v.data() + first * KV * D});
      first += segment.length;
    }
    attention::backward(context_, kernels_, {H, KV, D}, s.segments, layer.q.data(),
                        layer.attended.data(), layer.lse.data(), s.dattended.data(), N, s.dq.data(),
                        s.dk.data(), s.dv.data());
    layers::rotate(context_, s.dq.data(), N, H, D, s.angles.data(), s.positions, -1);
    layers::rotate(context_, s.dk.data(), N, KV, D, s.angles.data(), s.positions, -1);
    layers::rms_norm_again(context_, layer.x.data(), w.input_layernorm.data(), layer.rstd_in.data(),
                           N, C, s.normed.data());
    apply_backward(kQ, s.normed.data(), s.dq.data(), s.dnormed.data(), false,
                   dw ? dw->q_proj : none);
    apply_backward(kK, s.normed.data(), s.dk.data(), s.dnormed.data(), true,
                   dw ? dw->k_proj : none);
    apply_backward(kV, s.normed.data(), s.dv.data(), s.dnormed.data(), true,
                   dw ? dw->v_proj : none);
    layers::rms_norm_backward(context_, layer.x.data(), w.input_layernorm.data(),
                              layer.rstd_in.data(), s.dnormed.data(), N, C, s.dx.data(),
                              dw ? dw->input_layernorm.data() : nullptr);
  }
  if (grads != nullptr) {
    layers::embed_backward(context_, s.dx.data(), batch.tokens, C, grads->embed_tokens().data());
  }
}

}  // namespace twin
