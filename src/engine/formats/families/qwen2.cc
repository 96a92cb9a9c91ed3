#include "engine/formats/families.h"
#include "engine/formats/families/qwen.h"
#include "engine/formats/layer_types.h"

namespace twin {

void read_qwen_window(const ConfigReader& json, DecoderConfig& config) {
  if (!json.flag_or("use_sliding_window", false)) return;
  config.sliding_window =
      json.json().contains("sliding_window") ? json.size_or("sliding_window", 0) : 4096;
  if (config.sliding_window == 0) return;
  if (!read_layer_types(json, config)) {
    const size_t first = json.size_or("max_window_layers", 28);
    for (size_t l = 0; l < config.num_hidden_layers; ++l) config.local_layers.push_back(l >= first);
  }
  simplify_window(config);
}

void write_qwen_window(const DecoderConfig& config, OrderedJson& json) {
  json["use_sliding_window"] = config.sliding_window > 0;
  if (config.sliding_window == 0) return;
  json["sliding_window"] = config.sliding_window;
  size_t first = config.num_hidden_layers;
  while (first > 0 && config.is_local(first - 1)) --first;
  json["max_window_layers"] = first;
  json["layer_types"] = layer_types_json(config);
}

namespace {

void read_json(const ConfigReader& json, DecoderConfig& config) {
  config.attention_bias = true;
  read_qwen_window(json, config);
}

void read_gguf(const GgufMetadata& metadata, DecoderConfig& config) {
  config.attention_bias = true;
  read_window_gguf(metadata, "qwen2", 0, config);
}

void write_gguf(const DecoderConfig& config, GgufMetadata& metadata) {
  write_window_gguf(config, "qwen2", 0, metadata);
}

}  // namespace

// Qwen2 and Qwen2.5: biases on q, k and v. Source: transformers' Qwen2Config, modeling_qwen2.py.
Family qwen2_family() {
  return {.model_type = "qwen2",
          .architecture = "Qwen2ForCausalLM",
          .gguf_architecture = "qwen2",
          .defaults = {.num_key_value_heads = 32,
                       .max_position_embeddings = 32768,
                       .rms_norm_eps = 1e-6f},
          .read_json = read_json,
          .write_json = write_qwen_window,
          .read_gguf = read_gguf,
          .write_gguf = write_gguf};
}

}  // namespace twin
