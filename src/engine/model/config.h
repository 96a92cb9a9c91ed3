#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace twin {

// What stands between the MLP's gate and its product: silu(x) = x / (1 + exp(-x)), or GELU in its
// tanh form (Hendrycks & Gimpel 2016, arXiv:1606.08415).
enum class HiddenAct { kSilu, kGeluTanh };

// How rotary frequencies are stretched for contexts longer than a model was first trained on.
struct RopeScaling {
  enum class Type {
    kNone,
    kLinear,  // all frequencies divided by `factor`
    kLlama3   // the slow ones divided by `factor`, the fast kept, those between blended
  };
  Type type = Type::kNone;
  float factor = 1;
  float low_freq_factor = 1;                       // kLlama3 alone
  float high_freq_factor = 4;                      // kLlama3 alone
  size_t original_max_position_embeddings = 8192;  // kLlama3 alone

  bool operator==(const RopeScaling&) const = default;
};

// The shape of a decoder, in the terms of Hugging Face's config.json. One description for all
// families: what one family lacks is off.
struct DecoderConfig {
  std::string model_type = "llama";    // the family: see formats/families.h
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

  HiddenAct hidden_act = HiddenAct::kSilu;
  bool attention_bias = false;  // q, k and v have biases (Qwen2)
  bool qk_norm = false;         // RMSNorm of each head's q and k before they turn (Qwen3, Gemma 3)
  bool sandwich_norms = false;  // norms behind attention and MLP too (Gemma 3)
  float embedding_scale = 1;    // Gemma: sqrt(C)
  float query_pre_attn_scalar = 0;  // scores are divided by its square root; 0: D
  size_t sliding_window = 0;        // a local layer's token sees this many, itself included; 0: all
  // (L) whether a layer is local; empty: all are, where there is a sliding_window.
  std::vector<bool> local_layers = {};
  float rope_local_base_freq = 0;  // rope_theta of local layers, never scaled; 0: as the others
  RopeScaling rope_scaling = {};
  // Whether a head's rotated pairs are (2j, 2j + 1), as GGUF files of Llama models store them, and
  // not (j, j + D/2). The rows of q_proj and k_proj are permuted to match.
  bool rope_interleaved = false;

  bool is_local(size_t layer) const {
    return sliding_window > 0 && (local_layers.empty() || local_layers[layer]);
  }

  bool operator==(const DecoderConfig&) const = default;
};

// Throws Error(kBadInput), naming the field, unless the sizes fit together: heads divide evenly, an
// even head_dim, nothing zero, nothing beyond what memory could hold.
void check_config(const DecoderConfig& config);

size_t parameter_count(const DecoderConfig& config);
// Parameters in matrix products alone (no norms; the output matrix counts, the embedding look-up
// does not): what FLOPs are counted from.
size_t matrix_parameter_count(const DecoderConfig& config);

// (D/2) how far each pair of a head turns per position, the scaling applied. `local`: for the
// layers with a sliding window. Source: Su et al. 2021, arXiv:2104.09864; transformers'
// modeling_rope_utils.py for the scalings.
std::vector<double> rope_frequencies(const DecoderConfig& config, bool local);

}  // namespace twin
