#pragma once

#include <cstddef>
#include <vector>

#include "domain/sample.h"
#include "engine/learn/packing.h"
#include "engine/tokenizer/tokenizer.h"

namespace twin {

// Samples as token sequences that a model of a given context can learn from.
struct FittedSamples {
  std::vector<Sample> samples;  // those learnt: pieces of the targets that had to be split
  std::vector<TrainingSequence> sequences;  // one for each
  size_t tokens = 0;                        // of all sequences
  size_t targets_split = 0;                 // too long for the context, split at sentence ends
  size_t prompts_cut = 0;                   // whose preceding text was cut from the front
  size_t prompts_too_long = 0;  // left out: title and headings alone fill half of the context
};

struct FitOptions {
  size_t context = 512;         // longest sequence, in tokens
  bool loss_on_prompt = false;  // true: the prompt's tokens are learnt as well
};

// Each sequence is the rendered prompt, the target and the end token, at most `context` tokens
// long. The prompt may take half of the context. A longer target is split, at sentence ends where
// it has them, and each further piece has the one before as its preceding text: nothing is cut
// off. Requires context >= 16.
FittedSamples fit_samples(const Tokenizer& tokenizer, const std::vector<Sample>& samples,
                          const FitOptions& options);

}  // namespace twin
