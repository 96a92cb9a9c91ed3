#pragma once

#include <string_view>

#include "engine/formats/config_reader.h"
#include "engine/formats/gguf_metadata.h"
#include "engine/model/config.h"

namespace twin {

// One family of models: how its settings and tensors are written in each file format. What all
// share (sizes, heads, norm epsilon, rotation, tying) is read and written for it; the functions
// here add or correct what is the family's own. Each lives in a file of families/, with a line in
// families.cc.
struct Family {
  std::string_view model_type;         // in config.json: "qwen2"
  std::string_view architecture;       // in config.json's architectures: "Qwen2ForCausalLM"
  std::string_view gguf_architecture;  // in GGUF's general.architecture: "qwen2"
  DecoderConfig defaults = {};         // what stands where a config.json is silent
  bool norms_less_one = false;         // safetensors hold norm weights less one; GGUF never does
  bool gguf_interleaved = false;  // GGUF's q and k are permuted: DecoderConfig::rope_interleaved

  void (*read_json)(const ConfigReader& json, DecoderConfig& config) = nullptr;
  void (*write_json)(const DecoderConfig& config, OrderedJson& json) = nullptr;
  // Keys are "<gguf_architecture>.<name>".
  void (*read_gguf)(const GgufMetadata& metadata, DecoderConfig& config) = nullptr;
  void (*write_gguf)(const DecoderConfig& config, GgufMetadata& metadata) = nullptr;
};

// By config.json's model_type. Errors: kBadInput naming `where` and the families there are.
const Family& family_of(std::string_view model_type, std::string_view where);
// By GGUF's general.architecture: the first that is written so.
const Family& family_of_gguf(std::string_view architecture, std::string_view where);

Family llama_family();
Family mistral_family();
Family qwen2_family();
Family qwen3_family();
Family gemma3_family();

}  // namespace twin
