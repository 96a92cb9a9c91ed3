#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/weights.h"

namespace twin {

// Low-rank adapters on every linear layer: y = W x + (lora_alpha / r) B (A x).
// Source: Hu et al. 2021, arXiv:2106.09685; names as PEFT writes them.
// Gradients and moments have the same type.
class LoraAdapter {
 public:
  // The seven linear layers of a decoder block, in PEFT's names.
  static constexpr std::array<std::string_view, 7> kTargetModules = {
      "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"};

  // One layer's pair. A (r, in), B (out, r).
  struct Pair {
    std::span<float> A;
    std::span<float> B;
  };

  // All zeros.
  LoraAdapter(const DecoderConfig& config, size_t r, float lora_alpha);

  size_t r() const { return r_; }
  float lora_alpha() const { return lora_alpha_; }
  float scale() const { return lora_alpha_ / static_cast<float>(r_); }
  const DecoderConfig& config() const { return config_; }
  // target: index into kTargetModules.
  const Pair& pair(size_t layer, size_t target) const { return pairs_[layer * 7 + target]; }
  // "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", ...
  const std::vector<Parameter>& parameters() const { return parameters_; }
  std::span<float> flat() const { return flat_; }

 private:
  DecoderConfig config_;
  size_t r_;
  float lora_alpha_;
  std::shared_ptr<float[]> block_;
  std::span<float> flat_;
  std::vector<Pair> pairs_;
  std::vector<Parameter> parameters_;
};

// A uniform as PEFT does (Kaiming, a = sqrt 5: bound 1/sqrt(in)), B zero: starts as the base model.
void initialize(LoraAdapter& adapter, uint64_t seed);

// W += scale * B A on every target.
void merge(const LoraAdapter& adapter, DecoderWeights& weights);

}  // namespace twin
