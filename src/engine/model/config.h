#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace twin {

// The shape of a decoder, in the terms of Hugging Face's config.json.
struct DecoderConfig {
  size_t vocab_size = 0;               // V
  size_t hidden_size = 0;              // C
  size_t intermediate_size = 0;        // I
  size_t num_hidden_layers = 0;        // L
  size_t num_attention_heads = 0;      // H
  size_t num_key_value_heads = 0;      // KV
  size_t head_dim = 0;                 // D
  size_t max_position_embeddings = 0;  // T
  float rms_norm_eps = 1e-5f;
  float rope_theta = 10000.0f;
  bool tie_word_embeddings = false;
  int32_t bos_token_id = -1;
  std::vector<int32_t> eos_token_id = {};

  bool operator==(const DecoderConfig&) const = default;
};

// Throws Error(kBadInput), naming the field, unless the sizes fit together: heads divide evenly, an
// even head_dim, nothing zero, nothing beyond what memory could hold.
void check_config(const DecoderConfig& config);

size_t parameter_count(const DecoderConfig& config);
// Parameters in matrix products alone (no norms; the output matrix counts, the embedding look-up
// does not): what FLOPs are counted from.
size_t matrix_parameter_count(const DecoderConfig& config);

}  // namespace twin
