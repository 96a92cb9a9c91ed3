#pragma once

#include <array>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "engine/model/weights.h"

namespace twin {

// Names as PEFT's adapter_config.json.
struct LoraConfig {
  size_t r = 16;
  float lora_alpha = 16;
  bool use_rslora = false;  // scale by lora_alpha / sqrt(r). Source: Kalajdzievski 2023,
                            // arXiv:2312.03732
  bool use_dora = false;    // weight-decomposed: LoraAdapter::Pair::magnitude
  float lora_dropout = 0;   // of A's inputs, while training (TrainingNoise)
  std::vector<std::string> target_modules = {"q_proj",    "k_proj",  "v_proj",   "o_proj",
                                             "gate_proj", "up_proj", "down_proj"};

  // Modules with a rank and alpha of their own ("model.layers.0.self_attn.q_proj"), as PEFT's
  // rank_pattern and alpha_pattern give them.
  struct Own {
    size_t r;
    float lora_alpha;
    bool operator==(const Own&) const = default;
  };
  std::map<std::string, Own, std::less<>> own = {};

  bool operator==(const LoraConfig&) const = default;
};

// Low-rank adapters on linear layers: y = W x + scale B (A x). With DoRA, each output is further
// multiplied by magnitude / |W + scale B A|, its row's norm, which takes no part in gradients.
// Source: Hu et al. 2021, arXiv:2106.09685; Liu et al. 2024, arXiv:2402.09353; names as PEFT writes
// them.
// Gradients and moments have the same type.
class LoraAdapter {
 public:
  // The seven linear layers of a decoder block, in PEFT's names.
  static constexpr std::array<std::string_view, 7> kTargetModules = {
      "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"};

  // One layer's pair; all empty where the module is no target.
  struct Pair {
    std::span<float> A;          // (r, in)
    std::span<float> B;          // (out, r)
    std::span<float> magnitude;  // (out); with DoRA
    std::span<float> norm;       // (out): |W + scale B A| as of the last update_norms(); with DoRA
    size_t r = 0;
    float scale = 0;
  };

  // All zeros. Errors: kBadInput for an r, lora_alpha or target module that cannot be. Names of
  // `own` that are no target's are passed over.
  LoraAdapter(const DecoderConfig& config, const LoraConfig& lora);

  const LoraConfig& lora() const { return lora_; }
  size_t r() const { return lora_.r; }  // of the pairs that have none of their own
  const DecoderConfig& config() const { return config_; }
  // "model.layers.0.self_attn.q_proj". target: index into kTargetModules.
  static std::string module_name(size_t layer, size_t target);
  // target: index into kTargetModules.
  const Pair& pair(size_t layer, size_t target) const { return pairs_[layer * 7 + target]; }
  // "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", ...
  const std::vector<Parameter>& parameters() const { return parameters_; }
  std::span<float> flat() const { return flat_; }

 private:
  DecoderConfig config_;
  LoraConfig lora_;
  std::shared_ptr<float[]> block_, norms_;
  std::span<float> flat_;
  std::vector<Pair> pairs_;
  std::vector<Parameter> parameters_;
};

// A uniform as PEFT does (Kaiming, a = sqrt 5: bound 1/sqrt(in)), B zero: starts as the base model.
void initialize(LoraAdapter& adapter, uint64_t seed);

// DoRA: the norms that follow from A, B and the base `tensors`: after each change of either, before
// the adapter's first use. Nothing to do for other adapters.
void update_norms(Context& context, LoraAdapter& adapter, const DecoderTensors& tensors);
// DoRA: magnitudes that leave the base model as it is, for an adapter whose B is zero.
void start_magnitudes(Context& context, LoraAdapter& adapter, const DecoderTensors& tensors);

// W += scale * B A on every target; with DoRA its rows then get their magnitudes as norms.
void merge(const LoraAdapter& adapter, DecoderWeights& weights);

}  // namespace twin
