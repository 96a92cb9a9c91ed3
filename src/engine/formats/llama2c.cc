#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "engine/formats/assemble.h"
#include "engine/formats/model_folder.h"
#include "engine/formats/rope_rows.h"

namespace twin {
namespace {

// Takes consecutive f32 tensors off a file.
class TensorCursor {
 public:
  TensorCursor(std::string_view bytes, std::string where)
      : bytes_(bytes), where_(std::move(where)) {}

  std::string_view take(size_t count) {
    if (bytes_.size() / sizeof(float) < count) {
      throw Error(ErrorCode::kBadInput, fmt::format("{}: ends inside its tensors", where_));
    }
    const std::string_view taken = bytes_.substr(0, count * sizeof(float));
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  // The tensor of every layer, one after the other.
  void take_layers(std::map<std::string, TensorView>& tensors, const char* name,
                   const std::vector<size_t>& shape, size_t layers) {
    const size_t count = shape.size() == 1 ? shape[0] : shape[0] * shape[1];
    for (size_t l = 0; l < layers; ++l) {
      tensors[fmt::format("model.layers.{}.{}.weight", l, name)] = {DType::kF32, shape,
                                                                    take(count)};
    }
  }

 private:
  std::string_view bytes_;
  std::string where_;
};

// Neighbouring rows (2j, 2j+1) of each head to (j, j + D/2).
void to_half_split(std::span<const float> from, std::span<float> to, size_t D, size_t C) {
  for (size_t row = 0; row < to.size() / C; ++row) {
    std::copy_n(from.data() + interleaved_row(row, D) * C, C, to.data() + row * C);
  }
}

}  // namespace

DecoderTensors open_llama2c(const std::filesystem::path& file) {
  const auto owner = std::make_shared<const MappedFile>(file);
  const MappedFile& mapped = *owner;
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
  DecoderTensors tensors;
  DecoderConfig& config = tensors.config;
  config.hidden_size = static_cast<size_t>(dim);
  config.intermediate_size = static_cast<size_t>(hidden_dim);
  config.num_hidden_layers = static_cast<size_t>(layers);
  config.num_attention_heads = static_cast<size_t>(heads);
  config.num_key_value_heads = static_cast<size_t>(kv_heads);
  config.vocab_size = static_cast<size_t>(std::abs(vocab));
  config.max_position_embeddings = static_cast<size_t>(seq_len);
  config.head_dim = static_cast<size_t>(dim / heads);
  config.tie_word_embeddings = vocab > 0;  // a negative size says: an output matrix of its own
  config.rope_interleaved = true;          // neighbouring pairs (2j, 2j+1) of a head turn together
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

  const size_t C = config.hidden_size, I = config.intermediate_size, V = config.vocab_size;
  const size_t L = config.num_hidden_layers, D = config.head_dim;
  const size_t Q = config.num_attention_heads * D, K = config.num_key_value_heads * D;
  std::map<std::string, TensorView> found;
  TensorCursor cursor(mapped.bytes().substr(sizeof header), file.string());
  found["model.embed_tokens.weight"] = {DType::kF32, {V, C}, cursor.take(V * C)};
  cursor.take_layers(found, "input_layernorm", {C}, L);
  cursor.take_layers(found, "self_attn.q_proj", {Q, C}, L);
  cursor.take_layers(found, "self_attn.k_proj", {K, C}, L);
  cursor.take_layers(found, "self_attn.v_proj", {K, C}, L);
  cursor.take_layers(found, "self_attn.o_proj", {C, Q}, L);
  cursor.take_layers(found, "post_attention_layernorm", {C}, L);
  cursor.take_layers(found, "mlp.gate_proj", {I, C}, L);
  cursor.take_layers(found, "mlp.down_proj", {C, I}, L);
  cursor.take_layers(found, "mlp.up_proj", {I, C}, L);
  found["model.norm.weight"] = {DType::kF32, {C}, cursor.take(C)};
  cursor.take(config.max_position_embeddings * D);  // old tables of cosines and sines
  if (!config.tie_word_embeddings) {
    found["lm_head.weight"] = {DType::kF32, {V, C}, cursor.take(V * C)};
  }
  assemble(tensors, file.string(), [&](const std::string& name) {
    const auto tensor = found.find(name);
    return tensor == found.end() ? nullptr : &tensor->second;
  });
  tensors.owners.push_back(owner);
  return tensors;
}

DecoderWeights to_half_split(const DecoderWeights& interleaved) {
  DecoderConfig config = interleaved.config();
  TWIN_CHECK(config.rope_interleaved);
  config.rope_interleaved = false;
  DecoderWeights weights(config);
  std::copy(interleaved.flat().begin(), interleaved.flat().end(), weights.flat().begin());
  const size_t D = config.head_dim, C = config.hidden_size;
  for (size_t l = 0; l < config.num_hidden_layers; ++l) {
    const DecoderWeights::Layer &from = interleaved.layer(l), &to = weights.layer(l);
    to_half_split(from.q_proj, to.q_proj, D, C);
    to_half_split(from.k_proj, to.k_proj, D, C);
    if (!config.attention_bias) continue;
    to_half_split(from.q_bias, to.q_bias, D, 1);
    to_half_split(from.k_bias, to.k_bias, D, 1);
  }
  return weights;
}

}  // namespace twin
