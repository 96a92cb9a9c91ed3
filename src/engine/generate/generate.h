#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/random.h"
#include "engine/model/decoder.h"

namespace twin {

// How the next token is chosen. Names and meanings as Hugging Face's GenerationConfig.
struct SamplingOptions {
  float temperature = 1.0f;  // 0: greedy
  size_t top_k = 0;          // 0: all
  float top_p = 1.0f;        // 1: all
  size_t max_new_tokens = 256;
  uint64_t seed = 1;
  std::vector<int32_t> stop_tokens;  // generation ends before the first of these
};

// Picks from logits (V), which it reorders and overwrites. Ties go to the lowest id.
int32_t sample(std::span<float> logits, const SamplingOptions& options, Random& random);

struct Generation {
  std::vector<int32_t> ids;
  bool stopped = false;  // by a stop token, not by max_new_tokens
};

// Continues `prompt` (not empty). on_token, where set, sees each id as it comes and may return
// false to stop. Errors: kBadInput, with the numbers, where prompt + max_new_tokens exceed
// max_position_embeddings: nothing is cut in silence.
Generation generate(Context& context, Decoder& decoder, std::span<const int32_t> prompt,
                    const SamplingOptions& options,
                    const std::function<bool(int32_t)>& on_token = {});

}  // namespace twin
