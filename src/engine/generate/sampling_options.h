#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace twin {

// How the next token is chosen and when to stop. Names, meanings and order of operations as Hugging
// Face's GenerationConfig and its logits processors, but for the two OpenAI penalties:
//
//   logits + logit_bias -> repetition_penalty -> frequency and presence penalty -> constraint
//   -> temperature -> top_k -> top_p -> min_p -> typical_p -> one draw
//
// docs/engine/generation.md has each definition.
struct SamplingOptions {
  float temperature = 1.0f;         // 0: greedy
  size_t top_k = 0;                 // the k likeliest, and what ties with the last; 0: all
  float top_p = 1.0f;               // the fewest likeliest whose probability reaches this; 1: all
  float min_p = 0.0f;               // at least this share of the likeliest's probability; 0: all
  float typical_p = 1.0f;           // the fewest most typical that reach this; 1: all
  float repetition_penalty = 1.0f;  // on ids of the prompt or the output; 1: none
  float frequency_penalty = 0.0f;   // per time an id is in the output
  float presence_penalty = 0.0f;    // once for each id in the output
  std::vector<std::pair<int32_t, float>> logit_bias;  // added to an id's logit; -inf: never
  size_t max_new_tokens = 256;
  uint64_t seed = 1;
  std::vector<int32_t> stop_tokens;       // generation ends before the first of these
  std::vector<std::string> stop_strings;  // the text ends before the first of these
  bool logprobs = false;                  // keep the log-probability of each chosen token
  size_t top_logprobs = 0;                // and of so many likeliest alternatives (with logprobs)
  // Lookup decoding (lookup.h): the longest draft verified in one pass; 0: off. The text is the
  // same either way.
  size_t lookup_tokens = 8;
};

// Errors: kBadInput naming the field that is outside its range, or the bias or stop that makes no
// sense for V tokens.
void check_sampling(const SamplingOptions& options, size_t vocab_size);

}  // namespace twin
