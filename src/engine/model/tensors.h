#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/model/config.h"
#include "engine/tensor/tensor.h"

namespace twin {

// What a decoder reads: its matrices where they lie and as they are stored (a memory-mapped file,
// the block of f32 that is being trained), its vectors in f32. Norm weights are what x is
// multiplied with (Gemma's files hold that less one). Copies share the owners.
struct DecoderTensors {
  struct Layer {
    std::span<const float> input_layernorm;             // (C)
    Matrix q_proj;                                      // (H*D, C)
    Matrix k_proj;                                      // (KV*D, C)
    Matrix v_proj;                                      // (KV*D, C)
    std::span<const float> q_bias;                      // (H*D); with attention_bias
    std::span<const float> k_bias;                      // (KV*D)
    std::span<const float> v_bias;                      // (KV*D)
    std::span<const float> q_norm;                      // (D); with qk_norm
    std::span<const float> k_norm;                      // (D)
    Matrix o_proj;                                      // (C, H*D)
    std::span<const float> post_attention_layernorm;    // (C): before the MLP; with sandwich_norms
                                                        // behind attention
    std::span<const float> pre_feedforward_layernorm;   // (C); with sandwich_norms
    Matrix gate_proj;                                   // (I, C)
    Matrix up_proj;                                     // (I, C)
    Matrix down_proj;                                   // (C, I)
    std::span<const float> post_feedforward_layernorm;  // (C); with sandwich_norms
  };

  DecoderConfig config;
  Matrix embed_tokens;  // (V, C)
  std::vector<Layer> layers;
  std::span<const float> norm;  // (C)
  Matrix lm_head;               // (V, C): embed_tokens where tied
  // What the views point into.
  std::vector<std::shared_ptr<const void>> owners;

  // Bytes of all weights as they are stored; a tied lm_head counts once.
  size_t bytes() const;
};

// One place of a DecoderTensors and what belongs there: exactly one of matrix and vector is set.
struct TensorSlot {
  std::string name;           // as Hugging Face names it: "model.layers.0.self_attn.q_proj.weight"
  std::vector<size_t> shape;  // row-major
  Matrix* matrix = nullptr;
  std::span<const float>* vector = nullptr;
};

// Every tensor that `tensors.config` asks for, in Hugging Face's order, after making its layers; a
// tied lm_head has none (see share_embeddings). The slots point into `tensors`. Errors: as
// check_config().
std::vector<TensorSlot> tensor_slots(DecoderTensors& tensors);

// lm_head = embed_tokens where the config ties them: once the slots are filled.
void share_embeddings(DecoderTensors& tensors);

}  // namespace twin
