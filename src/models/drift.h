#pragma once

#include <cstddef>
#include <vector>

#include "models/language_model.h"

namespace twin {

// How far a model's answers are from another's: what merging, converting or quantising changed.
struct Drift {
  size_t tokens = 0;   // positions compared
  double mean_kl = 0;  // of the next token's distribution, in nats: KL(before || after)
  double largest_kl = 0;
  double largest_logit = 0;  // largest difference of a logit
  size_t greedy_tokens = 0;  // of what the model before goes on with,
  size_t greedy_same = 0;    // what the model after would choose in the same place
};

// Over prompts and what `before` goes on with, each position given the same ids before it.
// Requires the same vocabulary and as many continuations as prompts.
Drift measure_drift(Context& context, const kernels::Kernels& kernels, const LanguageModel& before,
                    const LanguageModel& after, const std::vector<std::vector<TokenId>>& prompts,
                    const std::vector<std::vector<TokenId>>& continuations);

}  // namespace twin
