#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.h"
#include "base/files.h"
#include "engine/formats/model_folder.h"

namespace twin {
namespace {

// Copies consecutive f32 tensors out of a file.
class TensorCursor {
 public:
  TensorCursor(std::string_view bytes, std::string where)
      : bytes_(bytes), where_(std::move(where)) {}

  void read(std::span<float> out) {
    if (bytes_.size() < out.size_bytes()) {
      throw Error(ErrorCode::kBadInput, fmt::format("{}: ends inside its tensors", where_));
    }
    std::memcpy(out.data(), bytes_.data(), out.size_bytes());
    bytes_.remove_prefix(out.size_bytes());
  }
  void skip(size_t count) {
    if (bytes_.size() / sizeof(float) < count) {
      throw Error(ErrorCode::kBadInput, fmt::format("{}: ends inside its tensors", where_));
    }
    bytes_.remove_prefix(count * sizeof(float));
  }

 private:
  std::string_view bytes_;
  std::string where_;
};

// llama2.c turns neighbouring pairs (2j, 2j+1) of a head; Hugging Face's layout turns (j, j + D/2).
// Reordering the rows of q and k makes the two the same function.
void to_half_split(std::span<float> weight, size_t heads, size_t D, size_t C) {
  std::vector<float> head(D * C);
  for (size_t h = 0; h < heads; ++h) {
    float* rows = weight.data() + h * D * C;
    for (size_t j = 0; j < D / 2; ++j) {
      std::copy_n(rows + 2 * j * C, C, head.data() + j * C);
      std::copy_n(rows + (2 * j + 1) * C, C, head.data() + (j + D / 2) * C);
    }
    std::copy(head.begin(), head.end(), rows);
  }
}

}  // namespace

DecoderWeights load_llama2c(const std::filesystem::path& file) {
  const MappedFile mapped(file);
  std::array<int32_t, 7> header;
  if (mapped.bytes().size() < sizeof header) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: too short for a model", file.string()));
  }
  std::memcpy(header.data(), mapped.bytes().data(), sizeof header);
  const auto [dim, hidden_dim, layers, heads, kv_heads, vocab, seq_len] = header;
  if (dim <= 0 || hidden_dim <= 0 || layers <= 0 || heads <= 0 || kv_heads <= 0 || vocab == 0 ||
      vocab == INT32_MIN || seq_len <= 0 || dim % heads != 0) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: not a llama2.c checkpoint (version 0): its header is {}",
                            file.string(), fmt::join(header, ", ")));
  }
  DecoderConfig config;
  config.hidden_size = static_cast<size_t>(dim);
  config.intermediate_size = static_cast<size_t>(hidden_dim);
  config.num_hidden_layers = static_cast<size_t>(layers);
  config.num_attention_heads = static_cast<size_t>(heads);
  config.num_key_value_heads = static_cast<size_t>(kv_heads);
  config.vocab_size = static_cast<size_t>(std::abs(vocab));
  config.max_position_embeddings = static_cast<size_t>(seq_len);
  config.head_dim = static_cast<size_t>(dim / heads);
  config.tie_word_embeddings = vocab > 0;  // a negative size says: an output matrix of its own
  config.bos_token_id = 1;
  config.eos_token_id = {1, 2};  // run.c stops at BOS, the training data's separator
  try {
    check_config(config);
  } catch (const Error& error) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", file.string(), error.what()));
  }
  if (parameter_count(config) > mapped.bytes().size() / sizeof(float)) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: shorter than its shape says", file.string()));
  }

  DecoderWeights weights(config);
  TensorCursor cursor(mapped.bytes().substr(sizeof header), file.string());
  const auto each_layer = [&](std::span<float> DecoderWeights::Layer::*tensor) {
    for (size_t l = 0; l < config.num_hidden_layers; ++l) cursor.read(weights.layer(l).*tensor);
  };
  cursor.read(weights.embed_tokens());
  each_layer(&DecoderWeights::Layer::input_layernorm);
  each_layer(&DecoderWeights::Layer::q_proj);
  each_layer(&DecoderWeights::Layer::k_proj);
  each_layer(&DecoderWeights::Layer::v_proj);
  each_layer(&DecoderWeights::Layer::o_proj);
  each_layer(&DecoderWeights::Layer::post_attention_layernorm);
  each_layer(&DecoderWeights::Layer::gate_proj);
  each_layer(&DecoderWeights::Layer::down_proj);
  each_layer(&DecoderWeights::Layer::up_proj);
  cursor.read(weights.norm());
  cursor.skip(config.max_position_embeddings * config.head_dim);  // old tables of cosines and sines
  if (!config.tie_word_embeddings) cursor.read(weights.lm_head());
  for (size_t l = 0; l < config.num_hidden_layers; ++l) {
    to_half_split(weights.layer(l).q_proj, config.num_attention_heads, config.head_dim,
                  config.hidden_size);
    to_half_split(weights.layer(l).k_proj, config.num_key_value_heads, config.head_dim,
                  config.hidden_size);
  }
  return weights;
}

}  // namespace twin
