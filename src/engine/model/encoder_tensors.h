#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/model/encoder_config.h"
#include "engine/model/tensors.h"
#include "engine/tensor/tensor.h"

namespace twin {

// What an encoder reads: its matrices where they lie and as they are stored, its vectors in f32.
// Copies share the owners.
struct EncoderTensors {
  struct Linear {
    Matrix weight;                // (out, in)
    std::span<const float> bias;  // (out)
  };
  struct Norm {
    std::span<const float> weight, bias;  // (C)
  };
  struct Layer {
    Linear query, key, value;  // (C, C)
    Linear attention_output;   // (C, C)
    Norm attention_norm;
    Linear intermediate;  // (I, C)
    Linear output;        // (C, I)
    Norm output_norm;
  };

  EncoderConfig config;
  Matrix word_embeddings;        // (V, C)
  Matrix position_embeddings;    // (T, C)
  Matrix token_type_embeddings;  // (type_vocab_size, C)
  Norm embeddings_norm;
  std::vector<Layer> layers;
  Linear pooler;      // (C, C); with num_labels
  Linear classifier;  // (num_labels, C); with num_labels
  // What the views point into.
  std::vector<std::shared_ptr<const void>> owners;
};

// Every tensor that `tensors.config` asks for under the names that transformers' BertModel gives
// them ("encoder.layer.0.attention.self.query.weight"), after making its layers; a cross-encoder's
// head as "pooler.dense" and "classifier". The slots point into `tensors`. Errors: as
// check_config().
std::vector<TensorSlot> tensor_slots(EncoderTensors& tensors);

}  // namespace twin
