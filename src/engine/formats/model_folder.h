#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "engine/chat/chat_settings.h"
#include "engine/model/lora.h"
#include "engine/model/weights.h"
#include "engine/tokenizer/tokenizer.h"

namespace twin {

// Hugging Face's config.json, with what generation_config.json beside it adds to eos_token_id.
// Errors: kBadInput for a family or setting that is not supported.
DecoderConfig read_config(const std::filesystem::path& file);
DecoderConfig parse_config(std::string_view text, const std::string& where);
// `dtype`: of the weights beside it, as transformers names them ("float32", "bfloat16").
std::string config_json(const DecoderConfig& config, std::string_view dtype = "float32");

// When a mapped model comes into memory.
enum class Reading {
  kWhenUsed,  // as its parts are touched: to look at it or convert it
  kAtOnce     // all of it from now on, in the background: to run it
};

// A model where it lies, without a copy of its matrices: a folder (config.json, model.safetensors
// or shards with model.safetensors.index.json), a GGUF file or llama2.c's .bin. The files stay
// mapped while a copy of the result lives and must not change meanwhile. Errors: kBadInput naming
// the file and the tensor that is missing or misshapen.
DecoderTensors open_model(const std::filesystem::path& path, Reading reading = Reading::kWhenUsed);
// The same as f32 of its own, to train; rotated pairs are (j, j + D/2) whatever the file's are.
DecoderWeights load_weights(const std::filesystem::path& path);
// config.json and model.safetensors into an existing folder.
void save_weights(const std::filesystem::path& folder, const DecoderWeights& weights);

// PEFT's adapter_config.json and adapter_model.safetensors.
LoraAdapter load_adapter(const std::filesystem::path& folder, const DecoderConfig& config);
void save_adapter(const std::filesystem::path& folder, const LoraAdapter& adapter,
                  const std::string& base_model_name);

bool is_gguf(const std::filesystem::path& path);  // by the file's first bytes
// One GGUF file, or any part of a split one (docs/formats/gguf.md).
DecoderTensors open_gguf(const std::filesystem::path& path, Reading reading = Reading::kWhenUsed);
// llama2.c's checkpoint (version 0) alone. Source: github.com/karpathy/llama2.c, export.py.
DecoderTensors open_llama2c(const std::filesystem::path& file);
// The same function with the rows of q and k in the order of Hugging Face's rotation. Requires
// rope_interleaved.
DecoderWeights to_half_split(const DecoderWeights& interleaved);

// Whether load_tokenizer() finds one there.
bool has_tokenizer(const std::filesystem::path& path);
// The tokenizer of a folder, or one file: tokenizer.json, SentencePiece's .model, vocab.json with
// merges.txt, BERT's vocab.txt, NAME.tiktoken, llama2.c's .bin, GGUF. What a tokenizer_config.json
// beside it says of bos and eos counts. Errors: kBadInput naming the file.
std::shared_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& path);

// What a folder (read_chat_settings) or a GGUF file (tokenizer.chat_template, and the names in
// tokenizer.chat_templates with tokenizer.chat_template.NAME) says of its chats; nothing for other
// files. Errors: kBadInput naming file and key.
ChatSettings load_chat_settings(const std::filesystem::path& path);
// The same into a GGUF file's metadata; names as GGUF has them: letters, digits and '_'.
class GgufMetadata;
void write_gguf_chat_templates(const ChatSettings& settings, GgufMetadata& metadata);

}  // namespace twin
