#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "engine/model/encoder_tensors.h"
#include "engine/model/tensors.h"

namespace twin {

// Hugging Face's config.json of a BERT encoder. num_labels is 0 but for
// BertForSequenceClassification. Errors: kBadInput naming `where` and the setting that is not
// supported.
EncoderConfig parse_encoder_config(std::string_view text, const std::string& where);

// Whether a folder's config.json is of an encoder (model_type "bert"). False where there is none;
// errors: kBadInput where it is not JSON.
bool is_encoder_folder(const std::filesystem::path& folder);

// A folder's encoder where it lies, without a copy of its matrices: config.json and
// model.safetensors or shards; names with or without "bert." in front, LayerNorm's as weight and
// bias or gamma and beta. The files stay mapped while a copy of the result lives and must not
// change meanwhile. Errors: kBadInput naming the file and the tensor that is missing, misshapen or
// without a place.
EncoderTensors open_encoder(const std::filesystem::path& folder);

// A folder's decoder without its output matrix, for its hidden rows alone (Qwen3-Embedding); names
// with or without "model." in front. lm_head is the embedding. As open_model() else.
DecoderTensors open_decoder_body(const std::filesystem::path& folder);

}  // namespace twin
