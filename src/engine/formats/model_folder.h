#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "engine/model/lora.h"
#include "engine/model/weights.h"
#include "engine/tokenizer/tokenizer.h"

namespace twin {

// Hugging Face's config.json. Errors: kBadInput for a family or setting that is not supported.
DecoderConfig read_config(const std::filesystem::path& file);
std::string config_json(const DecoderConfig& config);

// A model folder (config.json, model.safetensors or shards with model.safetensors.index.json), or
// llama2.c's .bin. Errors: kBadInput naming the file and the tensor that is missing or misshapen.
DecoderWeights load_weights(const std::filesystem::path& path);
// config.json and model.safetensors into an existing folder.
void save_weights(const std::filesystem::path& folder, const DecoderWeights& weights);

// PEFT's adapter_config.json and adapter_model.safetensors.
LoraAdapter load_adapter(const std::filesystem::path& folder, const DecoderConfig& config);
void save_adapter(const std::filesystem::path& folder, const LoraAdapter& adapter,
                  const std::string& base_model_name);

// llama2.c's checkpoint (version 0) alone. Source: github.com/karpathy/llama2.c, export.py.
DecoderWeights load_llama2c(const std::filesystem::path& file);

// tokenizer.json in a folder or by its own path; llama2.c's tokenizer where the file is a .bin.
std::shared_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& path);

}  // namespace twin
