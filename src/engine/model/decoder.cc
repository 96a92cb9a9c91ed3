#include "engine/model/decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "engine/model/decoder_scratch.h"

namespace twin {

void LayerActivations::resize(const DecoderConfig& c, size_t N) {
  const size_t H = c.num_attention_heads, KV = c.num_key_value_heads;
  const size_t Q = H * c.head_dim, K = KV * c.head_dim;
  for (auto* buffer : {&x, &x_mid}) grow(*buffer, N * c.hidden_size);
  for (auto* buffer : {&rstd_in, &rstd_mid}) grow(*buffer, N);
  for (auto* buffer : {&q, &attended}) grow(*buffer, N * Q);
  for (auto* buffer : {&k, &v}) grow(*buffer, N * K);
  for (auto* buffer : {&gate, &up}) grow(*buffer, N * c.intermediate_size);
  grow(lse, H * N);
  if (c.qk_norm) {
    grow(q_raw, N * Q);
    grow(k_raw, N * K);
    grow(rstd_q, N * H);
    grow(rstd_k, N * KV);
  }
  if (c.sandwich_norms) {
    for (auto* buffer : {&attention_out, &mlp_out}) grow(*buffer, N * c.hidden_size);
    for (auto* buffer : {&rstd_attention, &rstd_mlp}) grow(*buffer, N);
  }
}

void Activations::resize(const DecoderConfig& config, bool keep, size_t tokens) {
  layers.resize(keep ? config.num_hidden_layers : 0);
  for (size_t l = 0; l < layers.size(); ++l) {
    if (is_kept(l)) {
      layers[l].resize(config, tokens);
    } else {
      grow(layers[l].x, tokens * config.hidden_size);
    }
  }
  if (!keep || pass.recomputed_layers > 0) passing.resize(config, tokens);
  grow(x_out, tokens * config.hidden_size);
  grow(rstd_out, tokens);
  N = tokens;
}

void ActivationsDeleter::operator()(Activations* a) const { delete a; }
ActivationsPtr Decoder::make_activations(const TrainingPass& pass) {
  ActivationsPtr activations(new Activations);
  activations->pass = pass;
  return activations;
}

size_t Decoder::activation_bytes(const DecoderConfig& c, size_t N, size_t T, bool lora,
                                 size_t recomputed_layers) {
  const size_t H = c.num_attention_heads, KV = c.num_key_value_heads;
  const size_t Q = H * c.head_dim, K = KV * c.head_dim;
  const size_t C = c.hidden_size, I = c.intermediate_size;
  const size_t norms = (c.qk_norm ? Q + K + H + KV : 0) + (c.sandwich_norms ? 2 * C + 2 : 0);
  const size_t layer = 2 * C + 2 + 2 * Q + 2 * K + 2 * I + H + norms;
  const size_t recomputed = std::min(recomputed_layers, c.num_hidden_layers);
  const size_t whole = c.num_hidden_layers - recomputed + (recomputed > 0 ? 1 : 0);
  const size_t kept = whole * layer + (recomputed + 1) * C + 1;
  const size_t scratch = 3 * C + 4 * I + 2 * Q + 2 * K + (lora ? 2 * C / 8 : 0) +
                         (c.qk_norm || c.sandwich_norms ? std::max(C, Q) : 0);
  return sizeof(float) * (N * (kept + scratch) + 2 * 64 * T);
}

void Decoder::Scratch::need_angles(const DecoderConfig& config, size_t count) {
  const size_t D = config.head_dim, half = D / 2;
  for (const bool local : {false, true}) {
    std::vector<double>& frequency = frequencies[local];
    std::vector<float>& table = angles[local];
    if (local && config.sliding_window == 0) continue;
    if (frequency.empty()) frequency = rope_frequencies(config, local);
    size_t p = table.size() / D;
    if (p < count) table.resize(count * D);
    for (; p < count; ++p) {
      for (size_t j = 0; j < half; ++j) {
        const double angle = static_cast<double>(p) * frequency[j];
        table[p * D + j] = static_cast<float>(std::cos(angle));
        table[p * D + half + j] = static_cast<float>(std::sin(angle));
      }
    }
  }
}

Decoder::Decoder(Context& context, const kernels::Kernels& kernels, DecoderTensors tensors)
    : context_(context),
      kernels_(kernels),
      tensors_(std::move(tensors)),
      scratch_(std::make_unique<Scratch>()) {
  check_config(tensors_.config);
  TWIN_CHECK(tensors_.layers.size() == tensors_.config.num_hidden_layers);
  TWIN_CHECK(!tensors_.embed_tokens.empty() && !tensors_.lm_head.empty());
}

Decoder::~Decoder() = default;

void gated(Context& context, const kernels::Kernels& kernels, HiddenAct act, size_t N, size_t I,
           const LayerActivations& layer, float* out) {
  const auto product = act == HiddenAct::kSilu ? kernels.swiglu : kernels.geglu;
  context.threads.parallel_for(N, [&](size_t begin, size_t end, size_t) {
    product((end - begin) * I, layer.gate.data() + begin * I, layer.up.data() + begin * I,
            out + begin * I);
  });
}

namespace {

// Checks the batch and returns the number of positions it reaches.
size_t check_batch(const DecoderConfig& config, const Batch& batch, bool keeping) {
  size_t total = 0, reach = 0;
  for (const Segment& segment : batch.segments) {
    TWIN_CHECK(!keeping || segment.cache == nullptr);
    TWIN_CHECK(!keeping || segment.adapter == batch.segments.front().adapter);
    TWIN_CHECK(batch.noise == nullptr || segment.cache == nullptr);
    TWIN_CHECK(segment.adapter == nullptr || segment.adapter->config() == config);
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

bool is_few(const Segment& segment) {
  return segment.cache != nullptr && segment.length <= kFewTokens;
}

}  // namespace

void lay_out(const Batch& batch, std::optional<kernels::Compute> training,
             std::vector<uint32_t>& positions, std::vector<layers::Run>& runs) {
  positions.clear();
  runs.clear();
  size_t first = 0;
  for (const Segment& segment : batch.segments) {
    if (segment.length == 0) continue;
    const size_t past = segment.cache == nullptr ? 0 : segment.cache->length();
    for (size_t t = 0; t < segment.length; ++t) {
      positions.push_back(static_cast<uint32_t>(past + t));
    }
    const kernels::Rows rows = is_few(segment) ? kernels::Rows::kFew : kernels::Rows::kMany;
    if (!runs.empty() && runs.back().rows == rows && runs.back().adapter == segment.adapter) {
      runs.back().count += segment.length;
    } else {
      runs.push_back({first, segment.length, rows, training, segment.adapter, {}});
      if (batch.noise != nullptr) {
        runs.back().dropout = batch.noise->seed;
        runs.back().dropout_row = batch.noise->first_row + first;
      }
    }
    first += segment.length;
  }
}

void Decoder::forward_layer(const ForwardStep& step) {
  const DecoderConfig& c = config();
  const size_t N = step.N, l = step.l, C = c.hidden_size;
  const size_t D = c.head_dim, H = c.num_attention_heads, KV = c.num_key_value_heads;
  const size_t row = KV * D;
  LayerActivations& layer = step.layer;
  const DecoderTensors::Layer& w = tensors_.layers[l];
  Scratch& s = *scratch_;
  const auto output = [&](Target target, std::vector<float>& y) {
    return layers::LinearOutput{linear_of(w, l, target), y.data()};
  };
  const auto apply = [&](std::initializer_list<layers::LinearOutput> outputs, const float* x,
                         bool accumulate = false) {
    layers::linear(context_, kernels_, outputs, x, s.runs, accumulate, s.adapters);
  };
  const auto norm = [&](const float* x, std::span<const float> weight, size_t rows, float* y,
                        float* rstd) {
    layers::rms_norm(context_, kernels_, x, weight.data(), c.rms_norm_eps, rows, weight.size(), y,
                     rstd);
  };
  // y = x + module(...), the module's output normed first with sandwich_norms.
  const auto add_module = [&](Target target, const float* input, const float* x,
                              std::vector<float>& raw, std::span<const float> weight, float* rstd,
                              float* y) {
    if (!c.sandwich_norms) {
      if (y == nullptr) return;
      std::copy_n(x, N * C, y);
      return apply({{linear_of(w, l, target), y}}, input, true);
    }
    apply({output(target, raw)}, input);
    norm(raw.data(), weight, N, s.normed.data(), rstd);
    if (y == nullptr) return;
    std::copy_n(x, N * C, y);
    layers::add(context_, N * C, s.normed.data(), y);
  };

  norm(layer.x.data(), w.input_layernorm, N, s.normed.data(), layer.rstd_in.data());
  apply({output(kQ, c.qk_norm ? layer.q_raw : layer.q),
         output(kK, c.qk_norm ? layer.k_raw : layer.k), output(kV, layer.v)},
        s.normed.data());
  if (c.qk_norm) {
    norm(layer.q_raw.data(), w.q_norm, N * H, layer.q.data(), layer.rstd_q.data());
    norm(layer.k_raw.data(), w.k_norm, N * KV, layer.k.data(), layer.rstd_k.data());
  }
  const float* angles = s.angles[c.is_local(l)].data();
  layers::rotate(context_, layer.q.data(), N, H, D, c.rope_interleaved, angles, s.positions, 1);
  layers::rotate(context_, layer.k.data(), N, KV, D, c.rope_interleaved, angles, s.positions, 1);

  s.segments.clear();
  size_t first = 0;
  for (const Segment& segment : step.batch.segments) {
    attention::Segment seen{first,
                            segment.length,
                            0,
                            layer.k.data() + first * row,
                            layer.v.data() + first * row,
                            is_few(segment)};
    if (KvCache* cache = segment.cache) {
      seen.past = cache->length_;
      std::copy_n(seen.keys, segment.length * row, cache->keys(l) + seen.past * row);
      std::copy_n(seen.values, segment.length * row, cache->values(l) + seen.past * row);
      seen.keys = cache->keys(l);
      seen.values = cache->values(l);
    }
    s.segments.push_back(seen);
    first += segment.length;
  }
  attention::forward(context_, kernels_, attention_shape(c, l), s.segments, layer.q.data(), N,
                     layer.attended.data(), step.keep ? layer.lse.data() : nullptr);
  add_module(kO, layer.attended.data(), layer.x.data(), layer.attention_out,
             w.post_attention_layernorm, layer.rstd_attention.data(), layer.x_mid.data());

  norm(layer.x_mid.data(),
       c.sandwich_norms ? w.pre_feedforward_layernorm : w.post_attention_layernorm, N,
       s.normed.data(), layer.rstd_mid.data());
  apply({output(kGate, layer.gate), output(kUp, layer.up)}, s.normed.data());
  if (step.next == nullptr && !c.sandwich_norms) return;
  gated(context_, kernels_, c.hidden_act, N, c.intermediate_size, layer, s.act.data());
  add_module(kDown, s.act.data(), layer.x_mid.data(), layer.mlp_out, w.post_feedforward_layernorm,
             layer.rstd_mlp.data(), step.next);
}

void Decoder::forward(const Batch& batch, std::span<float> hidden, Activations* activations) {
  const DecoderConfig& c = config();
  const size_t N = batch.tokens.size(), C = c.hidden_size, L = c.num_hidden_layers;
  TWIN_CHECK(hidden.size() == N * C);
  Scratch& s = *scratch_;
  s.need_angles(c, check_batch(c, batch, activations != nullptr));
  if (N == 0) return;
  const bool keep = activations != nullptr;
  Activations& a = keep ? *activations : s.passing;
  a.resize(c, keep, N);
  grow(s.normed, N * C);
  grow(s.act, N * c.intermediate_size);
  lay_out(batch, keep ? std::optional(a.pass.compute) : std::nullopt, s.positions, s.runs);

  layers::embed(context_, tensors_.embed_tokens, c.embedding_scale, batch.tokens, a.input(0));
  if (batch.noise != nullptr && batch.noise->neftune_alpha > 0) {
    size_t first = 0;
    for (size_t i = 0; i < batch.segments.size(); ++i) {
      const size_t length = batch.segments[i].length;
      const float bound = batch.noise->neftune_alpha /
                          std::sqrt(static_cast<float>(std::max<size_t>(1, length) * C));
      layers::add_noise(context_, batch.noise->seed + 1 + batch.noise->first_segment + i, bound,
                        length, C, a.input(0) + first * C);
      first += length;
    }
  }
  for (size_t l = 0; l < L; ++l) {
    float* const next = l + 1 == L ? a.x_out.data() : a.input(l + 1);
    const Activations::Layer layer(a, l);
    forward_layer({batch, N, l, keep, *layer, next});
  }
  layers::rms_norm(context_, kernels_, a.x_out.data(), tensors_.norm.data(), c.rms_norm_eps, N, C,
                   hidden.data(), a.rstd_out.data());
  for (const Segment& segment : batch.segments) {
    if (segment.cache != nullptr) segment.cache->length_ += segment.length;
  }
}

void Decoder::logits(std::span<const float> hidden, std::span<float> logits, kernels::Rows rows) {
  const size_t C = config().hidden_size, V = config().vocab_size, count = hidden.size() / C;
  TWIN_CHECK(hidden.size() == count * C && logits.size() == count * V);
  kernels::linear(context_, kernels_, rows, count, hidden.data(), C, tensors_.lm_head,
                  logits.data(), V, false);
}

}  // namespace twin
