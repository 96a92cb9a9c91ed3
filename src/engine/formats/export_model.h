#pragma once

#include <filesystem>
#include <memory>
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

}  // namespace twin
