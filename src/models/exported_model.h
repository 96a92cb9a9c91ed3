#pragma once

#include <filesystem>

#include "engine/formats/export_model.h"
#include "models/drift.h"
#include "models/language_model.h"

namespace twin {

// Where and how a model is written.
struct ExportTarget {
  std::filesystem::path path;
  bool gguf = false;  // else a Hugging Face folder
  WeightTypes types = WeightTypes::kKeep;
};

// Writes a model that was trained, `trained` as it runs before and `model` what is to be written of
// it, with its adapter merged; then runs what was written, gives it a parity record of its own, and
// returns how far its answers are from the trained one's. The chat template and the end of a turn
// are those it was trained with.
// Errors: those of export_gguf() and export_folder(); nothing is left at the target then.
Drift export_trained(Context& context, const kernels::Kernels& kernels,
                     const LanguageModel& trained, ModelToExport model, const ExportTarget& target);

}  // namespace twin
