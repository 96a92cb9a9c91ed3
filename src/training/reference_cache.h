#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/learn/preference.h"

namespace twin {

// reference_log_probs(), computed once for a run's folder: kept there in reference.json, under a
// key of the pairs' tokens, `model` (what the weights and the adapter, if any, are: a fingerprint)
// and the arithmetic. What is there under another key, or damaged, is computed again and replaced.
// With a progress bar. Errors: those of reference_log_probs(); kDoesNotFit where the file cannot be
// written.
std::vector<PairLogProbs> cached_reference(Context& context, const kernels::Kernels& kernels,
                                           const DecoderTensors& tensors,
                                           const LoraAdapter* adapter, const std::string& model,
                                           std::span<const PreferencePair> pairs,
                                           size_t batch_tokens, kernels::Compute compute,
                                           const std::filesystem::path& folder);

}  // namespace twin
