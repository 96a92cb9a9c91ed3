#include <bit>
#include <cmath>

#include "engine/formats/families.h"
#include "engine/formats/layer_types.h"

namespace twin {
namespace {

constexpr size_t kPattern = 6;  // every sixth layer is global

// The model multiplies with sqrt(C) in the type it was trained in, rounded to that.
float embedding_scale(const DecoderConfig& config, const std::string& dtype) {
  const float scale = std::sqrt(static_cast<float>(config.hidden_size));
  if (dtype != "bfloat16") return scale;
  const auto bits = std::bit_cast<uint32_t>(scale);
  return std::bit_cast<float>((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u);
}

void default_layers(const ConfigReader& json, DecoderConfig& config) {
  const size_t pattern =
      json.size_or("sliding_window_pattern", json.size_or("_sliding_window_pattern", kPattern));
  if (pattern == 0) json.refuse("'sliding_window_pattern' is 0");
  for (size_t l = 0; l < config.num_hidden_layers; ++l) {
    config.local_layers.push_back((l + 1) % pattern != 0);
  }
}

void read_json(const ConfigReader& json, DecoderConfig& config) {
  config.qk_norm = true;
  config.sandwich_norms = true;
  config.hidden_act = HiddenAct::kGeluTanh;
  config.embedding_scale =
      embedding_scale(config, json.text_or("dtype", json.text_or("torch_dtype", "float32")));
  config.query_pre_attn_scalar = json.number_or("query_pre_attn_scalar", 256);
  config.sliding_window = json.size_or("sliding_window", config.sliding_window);
  if (!read_layer_types(json, config)) default_layers(json, config);
  simplify_window(config);
}

void write_json(const DecoderConfig& config, OrderedJson& json) {
  json["attention_bias"] = false;
  json["query_pre_attn_scalar"] =
      config.query_pre_attn_scalar > 0 ? config.query_pre_attn_scalar : config.head_dim;
  json["rope_local_base_freq"] =
      config.rope_local_base_freq > 0 ? config.rope_local_base_freq : config.rope_theta;
  json["layer_types"] = layer_types_json(config);
  if (config.sliding_window > 0) json["sliding_window"] = config.sliding_window;
}

// What the file leaves unsaid of the scores' scale: the 27B model alone divides by the width of a
// head as hidden_size has it.
float default_scalar(const DecoderConfig& config) {
  return static_cast<float>(config.num_hidden_layers == 62
                                ? config.hidden_size / config.num_attention_heads
                                : config.head_dim);
}

void read_gguf(const GgufMetadata& metadata, DecoderConfig& config) {
  config.qk_norm = true;
  config.sandwich_norms = true;
  config.hidden_act = HiddenAct::kGeluTanh;
  config.embedding_scale = embedding_scale(config, "float32");
  const double scale = metadata.number_or("gemma3.attention.scale", 0);
  config.query_pre_attn_scalar =
      scale > 0 ? static_cast<float>(1 / (scale * scale)) : default_scalar(config);
  // The square of a rounded root: whole numbers are what such scalars are.
  const float whole = std::round(config.query_pre_attn_scalar);
  if (std::abs(config.query_pre_attn_scalar - whole) < 1e-4f * whole)
    config.query_pre_attn_scalar = whole;
  config.rope_local_base_freq =
      static_cast<float>(metadata.number_or("gemma3.rope.freq_base_swa", 10000));
  read_window_gguf(metadata, "gemma3", kPattern, config);
}

void write_gguf(const DecoderConfig& config, GgufMetadata& metadata) {
  const auto D = static_cast<float>(config.head_dim);
  const float scalar = config.query_pre_attn_scalar > 0 ? config.query_pre_attn_scalar : D;
  if (scalar != default_scalar(config)) {
    metadata.set_number("gemma3.attention.scale", 1 / std::sqrt(scalar));
  }
  metadata.set_number("gemma3.rope.freq_base_swa", config.rope_local_base_freq > 0
                                                       ? config.rope_local_base_freq
                                                       : config.rope_theta);
  write_window_gguf(config, "gemma3", kPattern, metadata);
}

}  // namespace

// Gemma 3's text model. Source: Gemma Team 2025, arXiv:2503.19786; transformers' Gemma3TextConfig
// and modeling_gemma3.py.
Family gemma3_family() {
  return {.model_type = "gemma3_text",
          .architecture = "Gemma3ForCausalLM",
          .gguf_architecture = "gemma3",
          .defaults = {.vocab_size = 262208,
                       .hidden_size = 2304,
                       .intermediate_size = 9216,
                       .num_hidden_layers = 26,
                       .num_attention_heads = 8,
                       .num_key_value_heads = 4,
                       .head_dim = 256,
                       .max_position_embeddings = 131072,
                       .rms_norm_eps = 1e-6f,
                       .rope_theta = 1e6f,
                       .tie_word_embeddings = true,
                       .sliding_window = 4096,
                       .rope_local_base_freq = 10000},
          .norms_less_one = true,
          .read_json = read_json,
          .write_json = write_json,
          .read_gguf = read_gguf,
          .write_gguf = write_gguf};
}

}  // namespace twin
