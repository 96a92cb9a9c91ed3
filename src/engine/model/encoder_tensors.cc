#include "engine/model/encoder_tensors.h"

#include <fmt/format.h>

namespace twin {

std::vector<TensorSlot> tensor_slots(EncoderTensors& tensors) {
  const EncoderConfig& c = tensors.config;
  check_config(c);
  const size_t C = c.hidden_size, I = c.intermediate_size;
  tensors.layers.resize(c.num_hidden_layers);

  std::vector<TensorSlot> slots;
  const auto matrix = [&](std::string name, size_t rows, size_t cols, Matrix& place) {
    slots.push_back({std::move(name), {rows, cols}, &place, nullptr});
  };
  const auto vector = [&](std::string name, size_t size, std::span<const float>& place) {
    slots.push_back({std::move(name), {size}, nullptr, &place});
  };
  const auto linear = [&](const std::string& name, size_t rows, size_t cols,
                          EncoderTensors::Linear& place) {
    matrix(name + ".weight", rows, cols, place.weight);
    vector(name + ".bias", rows, place.bias);
  };
  const auto norm = [&](const std::string& name, EncoderTensors::Norm& place) {
    vector(name + ".weight", C, place.weight);
    vector(name + ".bias", C, place.bias);
  };
  matrix("embeddings.word_embeddings.weight", c.vocab_size, C, tensors.word_embeddings);
  matrix("embeddings.position_embeddings.weight", c.max_position_embeddings, C,
         tensors.position_embeddings);
  matrix("embeddings.token_type_embeddings.weight", c.type_vocab_size, C,
         tensors.token_type_embeddings);
  norm("embeddings.LayerNorm", tensors.embeddings_norm);
  for (size_t l = 0; l < c.num_hidden_layers; ++l) {
    EncoderTensors::Layer& layer = tensors.layers[l];
    const auto name = [l](const char* part) { return fmt::format("encoder.layer.{}.{}", l, part); };
    linear(name("attention.self.query"), C, C, layer.query);
    linear(name("attention.self.key"), C, C, layer.key);
    linear(name("attention.self.value"), C, C, layer.value);
    linear(name("attention.output.dense"), C, C, layer.attention_output);
    norm(name("attention.output.LayerNorm"), layer.attention_norm);
    linear(name("intermediate.dense"), I, C, layer.intermediate);
    linear(name("output.dense"), C, I, layer.output);
    norm(name("output.LayerNorm"), layer.output_norm);
  }
  if (c.num_labels > 0) {
    linear("pooler.dense", C, C, tensors.pooler);
    linear("classifier", c.num_labels, C, tensors.classifier);
  }
  return slots;
}

}  // namespace twin
