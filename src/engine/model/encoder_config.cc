#include "engine/model/encoder_config.h"

#include <fmt/format.h>

#include "base/error.h"

namespace twin {

void check_config(const EncoderConfig& c) {
  const auto refuse = [](const std::string& what) {
    throw Error(ErrorCode::kBadInput, "encoder config: " + what);
  };
  constexpr size_t kWide = size_t{1} << 16;
  const auto within = [&](const char* name, size_t value, size_t largest) {
    if (value == 0 || value > largest) {
      refuse(fmt::format("{} is {}; expected 1 to {}", name, value, largest));
    }
  };
  within("vocab_size", c.vocab_size, size_t{1} << 24);
  within("hidden_size", c.hidden_size, kWide);
  within("intermediate_size", c.intermediate_size, 4 * kWide);
  within("num_hidden_layers", c.num_hidden_layers, 1024);
  within("num_attention_heads", c.num_attention_heads, c.hidden_size);
  within("max_position_embeddings", c.max_position_embeddings, size_t{1} << 20);
  within("type_vocab_size", c.type_vocab_size, 1024);
  if (c.hidden_size % c.num_attention_heads != 0) {
    refuse(fmt::format("hidden_size {} is no multiple of num_attention_heads {}", c.hidden_size,
                       c.num_attention_heads));
  }
  if (c.num_labels > kWide) refuse(fmt::format("{} labels", c.num_labels));
  if (!(c.layer_norm_eps > 0)) refuse("layer_norm_eps is not over 0");
}

size_t parameter_count(const EncoderConfig& c) {
  const size_t C = c.hidden_size, I = c.intermediate_size;
  const size_t embeddings = (c.vocab_size + c.max_position_embeddings + c.type_vocab_size) * C;
  const size_t layer = 4 * (C * C + C) + 2 * C * I + I + C + 4 * C;
  const size_t head = c.num_labels == 0 ? 0 : C * C + C + c.num_labels * (C + 1);
  return embeddings + 2 * C + c.num_hidden_layers * layer + head;
}

size_t products_per_token(const EncoderConfig& c, size_t T) {
  const size_t C = c.hidden_size;
  return c.num_hidden_layers * (4 * C * C + 2 * C * c.intermediate_size + 2 * T * C);
}

}  // namespace twin
