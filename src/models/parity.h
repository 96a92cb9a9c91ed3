#pragma once

#include <filesystem>

#include "models/language_model.h"

namespace twin {

// parity.json of a trained model's folder: the prompt template's version, token ids of probe
// prompts and a few logits on them. Written after training, checked on loading (to 1e-2, of the
// logit where that is over 1, so that another instruction set passes and another template,
// tokenizer or weight does not). See docs/formats/parity.md.
void write_parity(Context& context, const kernels::Kernels& kernels, const LanguageModel& model,
                  const std::filesystem::path& folder);
// Errors: kBadInput saying which of template, ids or logits differs, and by how much.
void verify_parity(Context& context, const kernels::Kernels& kernels, const LanguageModel& model,
                   const std::filesystem::path& folder);

}  // namespace twin
