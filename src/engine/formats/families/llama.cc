#include "engine/formats/families.h"
#include "engine/formats/layer_types.h"

namespace twin {
namespace {

void write_json(const DecoderConfig&, OrderedJson& json) {
  json["attention_bias"] = false;
  json["mlp_bias"] = false;
}

// Files of Mistral are written as Llama's; those with a window are told by it.
void read_gguf(const GgufMetadata& metadata, DecoderConfig& config) {
  read_window_gguf(metadata, "llama", 0, config);
  if (config.sliding_window > 0) config.model_type = "mistral";
}

}  // namespace

// Llama 2, 3, 3.1, 3.2, SmolLM2, TinyLlama and our own models. Source: transformers' LlamaConfig.
Family llama_family() {
  return {.model_type = "llama",
          .architecture = "LlamaForCausalLM",
          .gguf_architecture = "llama",
          .defaults = {.max_position_embeddings = 2048, .rms_norm_eps = 1e-6f},
          .gguf_interleaved = true,
          .write_json = write_json,
          .read_gguf = read_gguf};
}

}  // namespace twin
