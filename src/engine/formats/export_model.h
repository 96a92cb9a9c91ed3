#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "engine/formats/convert.h"
#include "engine/formats/weight_types.h"
#include "engine/model/tensors.h"
#include "engine/tokenizer/tokenizer.h"

namespace twin {

// A model that is to be written in another format or other types.
struct ModelToExport {
  DecoderTensors tensors;
  std::shared_ptr<const Tokenizer> tokenizer;  // null: none is written
  // The folder or GGUF file it came from: what stands there beside the weights (chat template,
  // generation_config.json, metadata) goes along.
  std::filesystem::path origin;
  // The one chat template it was trained with, instead of those of the origin.
  std::optional<std::string> chat_template = {};
  // What ends the replies it was trained on: one of the ids that end a text, also where the origin
  // does not say so.
  std::optional<TokenId> end_of_turn = {};
  // Further texts for a GGUF file's metadata.
  std::map<std::string, std::string> metadata = {};
};

// The tensors as each format has them: names, order of rows, Gemma's norms less one.
struct ExportPlan {
  std::vector<PlannedTensor> tensors;
  std::vector<float> frequency_factors;  // what rope_freqs.weight points into
};
ExportPlan plan_gguf(const DecoderTensors& tensors, WeightTypes types);
ExportPlan plan_folder(const DecoderTensors& tensors, WeightTypes types);

// One GGUF file. Errors: kUsage where the target exists; kBadInput where the tokenizer has no GGUF
// form; as write_gguf().
void export_gguf(Context& context, const ModelToExport& model, WeightTypes types,
                 const std::filesystem::path& target);

// A Hugging Face folder. kKeep writes what safetensors cannot name (quantised blocks) as BF16.
// Errors: kUsage where the target exists or the types are quantised; as write_safetensors_model().
void export_folder(Context& context, const ModelToExport& model, WeightTypes types,
                   const std::filesystem::path& target);

// Makes `text` the one chat template of a Hugging Face folder.
void write_chat_template(const std::filesystem::path& folder, const std::string& text);

}  // namespace twin
