#include "engine/formats/families.h"
#include "engine/formats/layer_types.h"

namespace twin {
namespace {

void read_json(const ConfigReader& json, DecoderConfig& config) {
  if (json.has("layer_types")) json.refuse("layer_types of model_type mistral is not supported");
  // Null says none; left out means what the first model had.
  config.sliding_window = json.json().contains("sliding_window") ? json.size_or("sliding_window", 0)
                                                                 : config.sliding_window;
}

void write_json(const DecoderConfig& config, OrderedJson& json) {
  json["sliding_window"] = nullptr;
  if (config.sliding_window > 0) json["sliding_window"] = config.sliding_window;
}

void write_gguf(const DecoderConfig& config, GgufMetadata& metadata) {
  write_window_gguf(config, "llama", 0, metadata);
}

}  // namespace

// Llama with a window on every layer. Source: transformers' MistralConfig.
Family mistral_family() {
  return {.model_type = "mistral",
          .architecture = "MistralForCausalLM",
          .gguf_architecture = "llama",
          .defaults = {.num_key_value_heads = 8,
                       .max_position_embeddings = 131072,
                       .rms_norm_eps = 1e-6f,
                       .sliding_window = 4096},
          .gguf_interleaved = true,
          .read_json = read_json,
          .write_json = write_json,
          .write_gguf = write_gguf};
}

}  // namespace twin
