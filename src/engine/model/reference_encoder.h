#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "engine/model/encoder_tensors.h"

namespace twin {

// BERT again, in double, one row at a time: what the tests hold Encoder::forward() against. Own
// code throughout: shares nothing with the encoder but the weights, which are f32.
class ReferenceEncoder {
 public:
  using Row = std::vector<double>;
  explicit ReferenceEncoder(const EncoderTensors& weights) : w_(weights), c_(weights.config) {}

  // Hidden rows (T, C) of one text.
  std::vector<Row> forward(const std::vector<int32_t>& tokens,
                           const std::vector<int32_t>& types) const {
    const size_t T = tokens.size(), C = c_.hidden_size, H = c_.num_attention_heads, D = C / H;
    std::vector<Row> x(T);
    for (size_t t = 0; t < T; ++t) {
      x[t].resize(C);
      for (size_t i = 0; i < C; ++i) {
        x[t][i] = at(w_.word_embeddings, static_cast<size_t>(tokens[t]), i) +
                  at(w_.position_embeddings, t, i) +
                  at(w_.token_type_embeddings, static_cast<size_t>(types[t]), i);
      }
      x[t] = norm(x[t], w_.embeddings_norm);
    }
    for (const auto& layer : w_.layers) {
      std::vector<Row> q(T), k(T), v(T);
      for (size_t t = 0; t < T; ++t) {
        q[t] = linear(x[t], layer.query);
        k[t] = linear(x[t], layer.key);
        v[t] = linear(x[t], layer.value);
      }
      for (size_t t = 0; t < T; ++t) {
        Row attended(C);
        for (size_t h = 0; h < H; ++h) {
          Row p(T);
          double sum = 0;
          for (size_t j = 0; j < T; ++j) {
            double score = 0;
            for (size_t d = h * D; d < (h + 1) * D; ++d) score += q[t][d] * k[j][d];
            sum += p[j] = std::exp(score / std::sqrt(static_cast<double>(D)));
          }
          for (size_t j = 0; j < T; ++j) {
            for (size_t d = h * D; d < (h + 1) * D; ++d) attended[d] += p[j] / sum * v[j][d];
          }
        }
        Row y = linear(attended, layer.attention_output);
        for (size_t i = 0; i < C; ++i) y[i] += x[t][i];
        y = norm(y, layer.attention_norm);
        Row inner = linear(y, layer.intermediate);
        for (double& z : inner) z = act(z);
        Row out = linear(inner, layer.output);
        for (size_t i = 0; i < C; ++i) out[i] += y[i];
        x[t] = norm(out, layer.output_norm);
      }
    }
    return x;
  }

  Row logits(const std::vector<Row>& hidden) const {
    Row pooled = linear(hidden.front(), w_.pooler);
    for (double& z : pooled) z = std::tanh(z);
    return linear(pooled, w_.classifier);
  }

 private:
  static double at(const Matrix& m, size_t row, size_t column) {
    return static_cast<const float*>(m.data)[row * m.cols + column];
  }

  static Row linear(const Row& x, const EncoderTensors::Linear& w) {
    Row y(w.weight.rows);
    for (size_t o = 0; o < y.size(); ++o) {
      y[o] = w.bias[o];
      for (size_t i = 0; i < x.size(); ++i) y[o] += at(w.weight, o, i) * x[i];
    }
    return y;
  }

  Row norm(const Row& x, const EncoderTensors::Norm& w) const {
    const auto n = static_cast<double>(x.size());
    double mean = 0, variance = 0;
    for (double z : x) mean += z / n;
    for (double z : x) variance += (z - mean) * (z - mean) / n;
    Row y(x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      y[i] = (x[i] - mean) / std::sqrt(variance + c_.layer_norm_eps) * w.weight[i] + w.bias[i];
    }
    return y;
  }

  double act(double x) const {
    if (c_.hidden_act == EncoderAct::kGelu) return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
    const double root = std::sqrt(2 / 3.14159265358979323846);
    return 0.5 * x * (1 + std::tanh(root * (x + 0.044715 * x * x * x)));
  }

  const EncoderTensors& w_;
  const EncoderConfig& c_;
};

}  // namespace twin
