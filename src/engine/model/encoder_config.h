#pragma once

#include <cstddef>

namespace twin {

// What stands in an encoder's MLP: GELU as it is defined, or in its tanh form.
enum class EncoderAct { kGelu, kGeluTanh };

// The shape of a BERT encoder, in the terms of Hugging Face's config.json.
struct EncoderConfig {
  size_t vocab_size = 0;               // V
  size_t hidden_size = 0;              // C
  size_t intermediate_size = 0;        // I
  size_t num_hidden_layers = 0;        // L
  size_t num_attention_heads = 0;      // H; D = C / H
  size_t max_position_embeddings = 0;  // T
  size_t type_vocab_size = 0;
  float layer_norm_eps = 1e-12f;
  EncoderAct hidden_act = EncoderAct::kGelu;
  // A cross-encoder's: logits made of the first token's pooled row; 0: an encoder alone.
  size_t num_labels = 0;

  bool operator==(const EncoderConfig&) const = default;
};

// Throws Error(kBadInput), naming the field, unless the sizes fit together: heads divide evenly,
// nothing zero, nothing beyond what memory could hold.
void check_config(const EncoderConfig& config);

size_t parameter_count(const EncoderConfig& config);
// Multiply-adds of one token in a text of T: the layers' products, and attention's.
size_t products_per_token(const EncoderConfig& config, size_t T);

}  // namespace twin
