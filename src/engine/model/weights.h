#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/model/config.h"
#include "engine/model/tensors.h"

namespace twin {

// One named tensor of a model: a view into its owner.
struct Parameter {
  std::string name;           // as Hugging Face names it: "model.layers.0.self_attn.q_proj.weight"
  std::vector<size_t> shape;  // row-major; a linear layer is (out, in)
  std::span<float> values;
};

// A decoder's parameters in one aligned block of f32. Gradients and optimiser moments have the same
// type. Movable, not copyable by accident: clone() says so.
class DecoderWeights {
 public:
  // All zeros.
  explicit DecoderWeights(const DecoderConfig& config);

  // As DecoderTensors::Layer; empty where the family has none.
  struct Layer {
    std::span<float> input_layernorm;             // (C)
    std::span<float> q_proj;                      // (H*D, C)
    std::span<float> k_proj;                      // (KV*D, C)
    std::span<float> v_proj;                      // (KV*D, C)
    std::span<float> q_bias;                      // (H*D)
    std::span<float> k_bias;                      // (KV*D)
    std::span<float> v_bias;                      // (KV*D)
    std::span<float> q_norm;                      // (D)
    std::span<float> k_norm;                      // (D)
    std::span<float> o_proj;                      // (C, H*D)
    std::span<float> post_attention_layernorm;    // (C)
    std::span<float> pre_feedforward_layernorm;   // (C)
    std::span<float> gate_proj;                   // (I, C)
    std::span<float> up_proj;                     // (I, C)
    std::span<float> down_proj;                   // (C, I)
    std::span<float> post_feedforward_layernorm;  // (C)
  };

  const DecoderConfig& config() const { return tensors_.config; }
  // What a decoder reads: views that share this block.
  const DecoderTensors& tensors() const { return tensors_; }
  std::span<float> embed_tokens() const { return embed_tokens_; }  // (V, C)
  const Layer& layer(size_t l) const { return layers_[l]; }
  std::span<float> norm() const { return norm_; }        // (C)
  std::span<float> lm_head() const { return lm_head_; }  // (V, C); embed_tokens where tied

  // Every tensor once, in Hugging Face's order; a tied lm_head is not listed.
  const std::vector<Parameter>& parameters() const { return parameters_; }
  // The whole block.
  std::span<float> flat() const { return flat_; }

  DecoderWeights clone() const;

 private:
  // The part of the block that a view of it shows.
  std::span<float> writable(std::span<const float> view) const;
  std::span<float> writable(const Matrix& view) const;
  size_t index_of(const float* value) const;

  DecoderTensors tensors_;
  std::shared_ptr<float[]> block_;
  std::span<float> flat_;
  std::span<float> embed_tokens_, norm_, lm_head_;
  std::vector<Layer> layers_;
  std::vector<Parameter> parameters_;
};

// A model of any types as f32, to train. An interleaved rotation (GGUF's) stays as it is.
DecoderWeights to_f32(const DecoderTensors& tensors);

// Normal(0, 0.02), output projections scaled by 1 / sqrt(2 L), norms 1, biases 0. Source: GPT-2.
void initialize(DecoderWeights& weights, uint64_t seed);

}  // namespace twin
