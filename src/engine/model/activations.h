#pragma once

#include <utility>
#include <vector>

#include "engine/model/decoder.h"

namespace twin {

// What a layer's backward pass cannot cheaply compute again. N tokens; legend in src/README.md.
struct LayerActivations {
  std::vector<float> x;         // (N, C): the layer's input
  std::vector<float> rstd_in;   // (N)
  std::vector<float> q;         // (N, H, D), rotated
  std::vector<float> k;         // (N, KV, D), rotated
  std::vector<float> v;         // (N, KV, D)
  std::vector<float> attended;  // (N, H, D)
  std::vector<float> lse;       // (H, N)
  std::vector<float> x_mid;     // (N, C): after attention
  std::vector<float> rstd_mid;  // (N)
  std::vector<float> gate;      // (N, I)
  std::vector<float> up;        // (N, I)
  // With qk_norm: what the norms took.
  std::vector<float> q_raw;   // (N, H, D)
  std::vector<float> k_raw;   // (N, KV, D)
  std::vector<float> rstd_q;  // (N, H)
  std::vector<float> rstd_k;  // (N, KV)
  // With sandwich_norms: what the norms behind attention and MLP took.
  std::vector<float> attention_out;   // (N, C)
  std::vector<float> mlp_out;         // (N, C)
  std::vector<float> rstd_attention;  // (N)
  std::vector<float> rstd_mlp;        // (N)

  void resize(const DecoderConfig& config, size_t N);
};

// The layers of one forward pass.
struct Activations {
  TrainingPass pass;
  std::vector<LayerActivations> layers;  // empty: nothing is kept
  LayerActivations passing;              // of the layer at hand, where it is not kept
  std::vector<float> x_out;              // (N, C): the last layer's output
  std::vector<float> rstd_out;           // (N)
  size_t N = 0;                          // of the last forward

  void resize(const DecoderConfig& config, bool keep, size_t N);

  bool is_kept(size_t l) const { return !layers.empty() && l >= pass.recomputed_layers; }
  float* input(size_t l) { return (layers.empty() ? passing : layers[l]).x.data(); }

  // Layer l with its input in place, while in use.
  class Layer {
   public:
    Layer(Activations& a, size_t l)
        : layer_(a.is_kept(l) ? a.layers[l] : a.passing),
          input_(a.layers.empty() || a.is_kept(l) ? nullptr : &a.layers[l].x) {
      if (input_ != nullptr) std::swap(layer_.x, *input_);
    }
    ~Layer() {
      if (input_ != nullptr) std::swap(layer_.x, *input_);
    }
    Layer(const Layer&) = delete;
    Layer& operator=(const Layer&) = delete;

    LayerActivations& operator*() const { return layer_; }

   private:
    LayerActivations& layer_;
    std::vector<float>* input_;
  };
};

}  // namespace twin
