#include "engine/model/config.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "base/error.h"

namespace twin {
namespace {

// Beyond these no file is a model; the products of any three of them fit in 64 bits.
constexpr size_t kMaxSize = size_t{1} << 20;

[[noreturn]] void refuse(const char* field, size_t value, const char* expected) {
  throw Error(ErrorCode::kBadInput,
              fmt::format("model config: {} is {}; expected {}", field, value, expected));
}

void check_size(const char* field, size_t value) {
  if (value == 0 || value > kMaxSize) refuse(field, value, "1 to 1048576");
}

size_t layer_matrices(const DecoderConfig& c) {
  const size_t attention = 2 * c.num_attention_heads + 2 * c.num_key_value_heads;
  return attention * c.head_dim * c.hidden_size + 3 * c.hidden_size * c.intermediate_size;
}

}  // namespace

void check_config(const DecoderConfig& c) {
  check_size("vocab_size", c.vocab_size);
  check_size("hidden_size", c.hidden_size);
  check_size("intermediate_size", c.intermediate_size);
  check_size("num_hidden_layers", c.num_hidden_layers);
  check_size("num_attention_heads", c.num_attention_heads);
  check_size("num_key_value_heads", c.num_key_value_heads);
  check_size("head_dim", c.head_dim);
  check_size("max_position_embeddings", c.max_position_embeddings);
  if (c.num_attention_heads % c.num_key_value_heads != 0) {
    refuse("num_key_value_heads", c.num_key_value_heads, "a divisor of num_attention_heads");
  }
  if (c.head_dim % 2 != 0) refuse("head_dim", c.head_dim, "an even number");
  if (c.num_hidden_layers > 1024) refuse("num_hidden_layers", c.num_hidden_layers, "up to 1024");
  if (c.num_attention_heads * c.head_dim > kMaxSize) {
    refuse("num_attention_heads", c.num_attention_heads, "fewer heads of this head_dim");
  }
  if (!(c.rope_theta > 0) || !(c.rms_norm_eps >= 0)) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("model config: rope_theta {} and rms_norm_eps {} must be positive",
                            c.rope_theta, c.rms_norm_eps));
  }
  if (!c.local_layers.empty() && c.local_layers.size() != c.num_hidden_layers) {
    refuse("layer_types", c.local_layers.size(), "one for each layer");
  }
  const RopeScaling& scaling = c.rope_scaling;
  const bool ordered = scaling.low_freq_factor > 0 &&
                       scaling.high_freq_factor > scaling.low_freq_factor &&
                       scaling.original_max_position_embeddings > 0;
  if (!(scaling.factor > 0) || (scaling.type == RopeScaling::Type::kLlama3 && !ordered)) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("model config: rope_scaling's factor {}, low_freq_factor {} and "
                            "high_freq_factor {} must be positive and in order",
                            scaling.factor, scaling.low_freq_factor, scaling.high_freq_factor));
  }
  if (!(c.query_pre_attn_scalar >= 0) || !(c.rope_local_base_freq >= 0) ||
      !std::isfinite(c.embedding_scale)) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("model config: query_pre_attn_scalar {}, rope_local_base_freq {} and "
                            "the embeddings' scale {} must be numbers from 0",
                            c.query_pre_attn_scalar, c.rope_local_base_freq, c.embedding_scale));
  }
}

size_t matrix_parameter_count(const DecoderConfig& c) {
  return c.num_hidden_layers * layer_matrices(c) + c.vocab_size * c.hidden_size;
}

size_t parameter_count(const DecoderConfig& c) {
  const size_t layer_norms = (c.sandwich_norms ? 4 : 2) * c.hidden_size;
  const size_t head_norms = c.qk_norm ? 2 * c.head_dim : 0;
  const size_t biases =
      c.attention_bias ? (c.num_attention_heads + 2 * c.num_key_value_heads) * c.head_dim : 0;
  const size_t vectors = c.num_hidden_layers * (layer_norms + head_norms + biases) + c.hidden_size;
  const size_t embeddings = (c.tie_word_embeddings ? 1 : 2) * c.vocab_size * c.hidden_size;
  return c.num_hidden_layers * layer_matrices(c) + vectors + embeddings;
}

std::vector<double> rope_frequencies(const DecoderConfig& c, bool local) {
  const bool own_base = local && c.rope_local_base_freq > 0;
  const double base = own_base ? c.rope_local_base_freq : c.rope_theta;
  const RopeScaling& scaling = c.rope_scaling;
  std::vector<double> frequencies(c.head_dim / 2);
  for (size_t j = 0; j < frequencies.size(); ++j) {
    double& f = frequencies[j];
    f = std::pow(base, -2.0 * static_cast<double>(j) / static_cast<double>(c.head_dim));
    if (own_base || scaling.type == RopeScaling::Type::kNone) continue;
    const double slow = f / scaling.factor;
    if (scaling.type == RopeScaling::Type::kLinear) {
      f = slow;
      continue;
    }
    // Turns within the first context; between the two factors the frequency is a blend.
    const double turns =
        static_cast<double>(scaling.original_max_position_embeddings) * f / (2 * std::numbers::pi);
    const double low = scaling.low_freq_factor, high = scaling.high_freq_factor;
    if (turns < low) {
      f = slow;
    } else if (turns <= high) {
      const double smooth = (turns - low) / (high - low);
      f = (1 - smooth) * slow + smooth * f;
    }
  }
  return frequencies;
}

}  // namespace twin
