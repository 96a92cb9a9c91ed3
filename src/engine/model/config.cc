#include "engine/model/config.h"

#include <fmt/format.h>

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
}

size_t matrix_parameter_count(const DecoderConfig& c) {
  return c.num_hidden_layers * layer_matrices(c) + c.vocab_size * c.hidden_size;
}

size_t parameter_count(const DecoderConfig& c) {
  const size_t norms = (2 * c.num_hidden_layers + 1) * c.hidden_size;
  const size_t embeddings = (c.tie_word_embeddings ? 1 : 2) * c.vocab_size * c.hidden_size;
  return c.num_hidden_layers * layer_matrices(c) + norms + embeddings;
}

}  // namespace twin
