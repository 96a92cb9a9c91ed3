#pragma once

#include <cmath>
#include <cstdint>
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
    }
    for (size_t l = 0; l < c_.num_hidden_layers; ++l) {
      const auto& layer = w_.layer(l);
      std::vector<std::vector<double>> q(T), k(T), v(T);
      for (size_t t = 0; t < T; ++t) {
        const auto n = norm(x[t], layer.input_layernorm);
        q[t] = turn(linear(n, layer.q_proj, H * D, l, 0), t, H);
        k[t] = turn(linear(n, layer.k_proj, KV * D, l, 1), t, KV);
        v[t] = linear(n, layer.v_proj, KV * D, l, 2);
      }
      for (size_t t = 0; t < T; ++t) {
        std::vector<double> attended(H * D);
        for (size_t h = 0; h < H; ++h) {
          const size_t g = h / (H / KV);
          std::vector<double> p(t + 1);
          double sum = 0;
          for (size_t s = 0; s <= t; ++s) {
            double score = 0;
            for (size_t d = 0; d < D; ++d) score += q[t][h * D + d] * k[s][g * D + d];
            p[s] = std::exp(score / std::sqrt(static_cast<double>(D)));
            sum += p[s];
          }
          for (size_t s = 0; s <= t; ++s) {
            for (size_t d = 0; d < D; ++d) attended[h * D + d] += p[s] / sum * v[s][g * D + d];
          }
        }
        add(x[t], linear(attended, layer.o_proj, C, l, 3));
      }
      for (size_t t = 0; t < T; ++t) {
        const auto n = norm(x[t], layer.post_attention_layernorm);
        auto gate = linear(n, layer.gate_proj, c_.intermediate_size, l, 4);
        const auto up = linear(n, layer.up_proj, c_.intermediate_size, l, 5);
        for (size_t i = 0; i < gate.size(); ++i) gate[i] *= up[i] / (1 + std::exp(-gate[i]));
        add(x[t], linear(gate, layer.down_proj, C, l, 6));
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

  std::vector<double> linear(const std::vector<double>& x, std::span<const float> weight,
                             size_t out, size_t l, size_t target) const {
    std::vector<double> y(out);
    for (size_t o = 0; o < out; ++o) {
      for (size_t i = 0; i < x.size(); ++i) y[o] += weight[o * x.size() + i] * x[i];
    }
    if (adapter_ != nullptr) {
      const auto& [A, B] = adapter_->pair(l, target);
      for (size_t k = 0; k < adapter_->r(); ++k) {
        double low = 0;
        for (size_t i = 0; i < x.size(); ++i) low += A[k * x.size() + i] * x[i];
        for (size_t o = 0; o < out; ++o) {
          y[o] += adapter_->scale() * B[o * adapter_->r() + k] * low;
        }
      }
    }
    return y;
  }

  std::vector<double> turn(std::vector<double> x, size_t position, size_t heads) const {
    const size_t D = c_.head_dim;
    for (size_t h = 0; h < heads; ++h) {
      for (size_t j = 0; j < D / 2; ++j) {
        const double angle =
            static_cast<double>(position) *
            std::pow(c_.rope_theta, -2.0 * static_cast<double>(j) / static_cast<double>(D));
        double &a = x[h * D + j], &b = x[h * D + j + D / 2];
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
