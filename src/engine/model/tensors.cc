#include "engine/model/tensors.h"

#include <fmt/format.h>

#include "base/error.h"

namespace twin {

std::vector<TensorSlot> tensor_slots(DecoderTensors& tensors) {
  const DecoderConfig& c = tensors.config;
  check_config(c);
  const size_t C = c.hidden_size, I = c.intermediate_size, V = c.vocab_size, D = c.head_dim;
  const size_t Q = c.num_attention_heads * D, K = c.num_key_value_heads * D;
  tensors.layers.resize(c.num_hidden_layers);

  std::vector<TensorSlot> slots;
  const auto matrix = [&](std::string name, size_t rows, size_t cols, Matrix& place) {
    slots.push_back({std::move(name), {rows, cols}, &place, nullptr});
  };
  const auto vector = [&](std::string name, size_t size, std::span<const float>& place) {
    slots.push_back({std::move(name), {size}, nullptr, &place});
  };
  matrix("model.embed_tokens.weight", V, C, tensors.embed_tokens);
  for (size_t l = 0; l < c.num_hidden_layers; ++l) {
    DecoderTensors::Layer& layer = tensors.layers[l];
    const auto name = [l](const char* part) { return fmt::format("model.layers.{}.{}", l, part); };
    vector(name("input_layernorm.weight"), C, layer.input_layernorm);
    matrix(name("self_attn.q_proj.weight"), Q, C, layer.q_proj);
    matrix(name("self_attn.k_proj.weight"), K, C, layer.k_proj);
    matrix(name("self_attn.v_proj.weight"), K, C, layer.v_proj);
    if (c.attention_bias) {
      vector(name("self_attn.q_proj.bias"), Q, layer.q_bias);
      vector(name("self_attn.k_proj.bias"), K, layer.k_bias);
      vector(name("self_attn.v_proj.bias"), K, layer.v_bias);
    }
    if (c.qk_norm) {
      vector(name("self_attn.q_norm.weight"), D, layer.q_norm);
      vector(name("self_attn.k_norm.weight"), D, layer.k_norm);
    }
    matrix(name("self_attn.o_proj.weight"), C, Q, layer.o_proj);
    vector(name("post_attention_layernorm.weight"), C, layer.post_attention_layernorm);
    if (c.sandwich_norms) {
      vector(name("pre_feedforward_layernorm.weight"), C, layer.pre_feedforward_layernorm);
    }
    matrix(name("mlp.gate_proj.weight"), I, C, layer.gate_proj);
    matrix(name("mlp.up_proj.weight"), I, C, layer.up_proj);
    matrix(name("mlp.down_proj.weight"), C, I, layer.down_proj);
    if (c.sandwich_norms) {
      vector(name("post_feedforward_layernorm.weight"), C, layer.post_feedforward_layernorm);
    }
  }
  vector("model.norm.weight", C, tensors.norm);
  if (!c.tie_word_embeddings) matrix("lm_head.weight", V, C, tensors.lm_head);
  return slots;
}

void share_embeddings(DecoderTensors& tensors) {
  if (tensors.config.tie_word_embeddings) tensors.lm_head = tensors.embed_tokens;
}

size_t DecoderTensors::bytes() const {
  DecoderTensors copy = *this;
  size_t sum = 0;
  for (const TensorSlot& slot : tensor_slots(copy)) {
    sum += slot.matrix == nullptr
               ? slot.vector->size_bytes()
               : dtype_bytes(slot.matrix->dtype, slot.matrix->rows * slot.matrix->cols);
  }
  return sum;
}

}  // namespace twin
