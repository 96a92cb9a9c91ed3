#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "engine/model/lora.h"
#include "engine/model/weights.h"

namespace twin {

// The decoder again, in double, one token's row at a time, as plain as the paper: what the tests
// hold forward() against and differentiate numerically. Own code throughout: shares nothing with
// the decoder but the weights.
class ReferenceDecoder {
 public:
  ReferenceDecoder(const DecoderWeights& weights, const LoraAdapter* adapter)
      : w_(weights), c_(weights.config()), adapter_(adapter) {}

  // Hidden rows (T, C) after the final norm of one sequence.
  std::vector<std::vector<double>> forward(const std::vector<int32_t>& tokens) const {
    const size_t T = tokens.size(), C = c_.hidden_size, D = c_.head_dim;
    const size_t H = c_.num_attention_heads, KV = c_.num_key_value_heads;
    std::vector<std::vector<double>> x(T);
    for (size_t t = 0; t < T; ++t) {
      const float* row = w_.embed_tokens().data() + static_cast<size_t>(tokens[t]) * C;
      x[t].assign(row, row + C);
      for (double& value : x[t]) value *= c_.embedding_scale;
    }
    for (size_t l = 0; l < c_.num_hidden_layers; ++l) {
      const auto& layer = w_.layer(l);
      std::vector<std::vector<double>> q(T), k(T), v(T);
      for (size_t t = 0; t < T; ++t) {
        const auto n = norm(x[t], layer.input_layernorm);
        q[t] = linear(n, layer.q_proj, layer.q_bias, H * D, l, 0);
        k[t] = linear(n, layer.k_proj, layer.k_bias, KV * D, l, 1);
        v[t] = linear(n, layer.v_proj, layer.v_bias, KV * D, l, 2);
        q[t] = turn(head_norm(q[t], layer.q_norm), t, l);
        k[t] = turn(head_norm(k[t], layer.k_norm), t, l);
      }
      const double divisor = c_.query_pre_attn_scalar > 0 ? c_.query_pre_attn_scalar : D;
      for (size_t t = 0; t < T; ++t) {
        std::vector<double> attended(H * D);
        const size_t first =
            c_.is_local(l) && t + 1 > c_.sliding_window ? t + 1 - c_.sliding_window : 0;
        for (size_t h = 0; h < H; ++h) {
          const size_t g = h / (H / KV);
          std::vector<double> p(t + 1);
          double sum = 0;
          for (size_t s = first; s <= t; ++s) {
            double score = 0;
            for (size_t d = 0; d < D; ++d) score += q[t][h * D + d] * k[s][g * D + d];
            p[s] = std::exp(score / std::sqrt(divisor));
            sum += p[s];
          }
          for (size_t s = first; s <= t; ++s) {
            for (size_t d = 0; d < D; ++d) attended[h * D + d] += p[s] / sum * v[s][g * D + d];
          }
        }
        const auto out = linear(attended, layer.o_proj, {}, C, l, 3);
        add(x[t], c_.sandwich_norms ? norm(out, layer.post_attention_layernorm) : out);
      }
      for (size_t t = 0; t < T; ++t) {
        const auto n = norm(x[t], c_.sandwich_norms ? layer.pre_feedforward_layernorm
                                                    : layer.post_attention_layernorm);
        auto gate = linear(n, layer.gate_proj, {}, c_.intermediate_size, l, 4);
        const auto up = linear(n, layer.up_proj, {}, c_.intermediate_size, l, 5);
        for (size_t i = 0; i < gate.size(); ++i) gate[i] = act(gate[i]) * up[i];
        const auto out = linear(gate, layer.down_proj, {}, C, l, 6);
        add(x[t], c_.sandwich_norms ? norm(out, layer.post_feedforward_layernorm) : out);
      }
    }
    for (auto& row : x) row = norm(row, w_.norm());
    return x;
  }

  // Summed cross-entropy of targets >= 0.
  double loss(const std::vector<int32_t>& tokens, const std::vector<int32_t>& targets) const {
    const auto hidden = forward(tokens);
    double total = 0;
    for (size_t t = 0; t < tokens.size(); ++t) {
      if (targets[t] < 0) continue;
      double sum = 0, score = 0;
      for (size_t v = 0; v < c_.vocab_size; ++v) {
        double logit = 0;
        for (size_t i = 0; i < c_.hidden_size; ++i) {
          logit += hidden[t][i] * w_.lm_head()[v * c_.hidden_size + i];
        }
        sum += std::exp(logit);
        if (static_cast<size_t>(targets[t]) == v) score = logit;
      }
      total += std::log(sum) - score;
    }
    return total;
  }

 private:
  static void add(std::vector<double>& x, const std::vector<double>& y) {
    for (size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  }

  std::vector<double> norm(const std::vector<double>& x, std::span<const float> weight) const {
    double squares = 0;
    for (double value : x) squares += value * value;
    const double scale = 1 / std::sqrt(squares / static_cast<double>(x.size()) + c_.rms_norm_eps);
    std::vector<double> y(x.size());
    for (size_t i = 0; i < x.size(); ++i) y[i] = x[i] * scale * weight[i];
    return y;
  }

  // Each head by itself, where there is a weight.
  std::vector<double> head_norm(std::vector<double> x, std::span<const float> weight) const {
    if (weight.empty()) return x;
    const auto D = static_cast<ptrdiff_t>(c_.head_dim);
    for (auto head = x.begin(); head != x.end(); head += D) {
      const auto normed = norm({head, head + D}, weight);
      std::copy(normed.begin(), normed.end(), head);
    }
    return x;
  }

  double act(double x) const {
    if (c_.hidden_act == HiddenAct::kSilu) return x / (1 + std::exp(-x));
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
  }

  std::vector<double> linear(const std::vector<double>& x, std::span<const float> weight,
                             std::span<const float> bias, size_t out, size_t l,
                             size_t target) const {
    std::vector<double> y(out);
    for (size_t o = 0; o < out; ++o) {
      for (size_t i = 0; i < x.size(); ++i) y[o] += weight[o * x.size() + i] * x[i];
    }
    if (adapter_ != nullptr && !adapter_->pair(l, target).A.empty()) {
      const LoraAdapter::Pair& pair = adapter_->pair(l, target);
      for (size_t k = 0; k < pair.r; ++k) {
        double low = 0;
        for (size_t i = 0; i < x.size(); ++i) low += pair.A[k * x.size() + i] * x[i];
        for (size_t o = 0; o < out; ++o) {
          y[o] += pair.scale * pair.B[o * pair.r + k] * low;
        }
      }
      for (size_t o = 0; o < pair.magnitude.size(); ++o) {
        y[o] *= static_cast<double>(pair.magnitude[o]) / pair.norm[o];
      }
    }
    for (size_t o = 0; o < bias.size(); ++o) y[o] += bias[o];
    return y;
  }

  // Pairs (j, j + D/2), or neighbours where the config says so.
  std::vector<double> turn(std::vector<double> x, size_t position, size_t layer) const {
    const size_t D = c_.head_dim;
    const double base =
        c_.is_local(layer) && c_.rope_local_base_freq > 0 ? c_.rope_local_base_freq : c_.rope_theta;
    for (size_t head = 0; head < x.size(); head += D) {
      for (size_t j = 0; j < D / 2; ++j) {
        const double angle = static_cast<double>(position) *
                             std::pow(base, -2.0 * static_cast<double>(j) / static_cast<double>(D));
        double& a = x[head + (c_.rope_interleaved ? 2 * j : j)];
        double& b = x[head + (c_.rope_interleaved ? 2 * j + 1 : j + D / 2)];
        const double turned = a * std::cos(angle) - b * std::sin(angle);
        b = b * std::cos(angle) + a * std::sin(angle);
        a = turned;
      }
    }
    return x;
  }

  const DecoderWeights& w_;
  const DecoderConfig& c_;
  const LoraAdapter* adapter_;
};

}  // namespace twin
