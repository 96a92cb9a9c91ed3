#include "engine/formats/families.h"
#include "engine/formats/families/qwen.h"
#include "engine/formats/layer_types.h"

namespace twin {
namespace {

void read_json(const ConfigReader& json, DecoderConfig& config) {
  config.qk_norm = true;
  read_qwen_window(json, config);
}

void write_json(const DecoderConfig& config, OrderedJson& json) {
  json["attention_bias"] = false;
  write_qwen_window(config, json);
}

void read_gguf(const GgufMetadata& metadata, DecoderConfig& config) {
  config.qk_norm = true;
  read_window_gguf(metadata, "qwen3", 0, config);
}

void write_gguf(const DecoderConfig& config, GgufMetadata& metadata) {
  write_window_gguf(config, "qwen3", 0, metadata);
}

}  // namespace

// Norms of each head's queries and keys. Source: transformers' Qwen3Config, modeling_qwen3.py.
Family qwen3_family() {
  return {.model_type = "qwen3",
          .architecture = "Qwen3ForCausalLM",
          .gguf_architecture = "qwen3",
          .defaults = {.num_key_value_heads = 32,
                       .head_dim = 128,
                       .max_position_embeddings = 32768,
                       .rms_norm_eps = 1e-6f},
          .read_json = read_json,
          .write_json = write_json,
          .read_gguf = read_gguf,
          .write_gguf = write_gguf};
}

}  // namespace twin
