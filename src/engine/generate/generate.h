#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "engine/generate/sampler.h"
#include "engine/generate/sampling_options.h"
#include "engine/model/decoder.h"
#include "engine/tokenizer/tokenizer.h"

namespace twin {

// One text to be written.
struct GenerationRequest {
  std::vector<int32_t> prompt;  // not empty
  SamplingOptions sampling;
  // Makes text of the tokens; needed for stop_strings, on_text and Generation::text. Outlives the
  // generation; may be null.
  const Tokenizer* tokenizer = nullptr;
  const LoraAdapter* adapter = nullptr;  // null: the base model alone
  // Sees each id as it comes; returning false stops. May be empty.
  std::function<bool(int32_t)> on_token = {};
  // Sees the text as it comes, in whole characters and never a part of a stop string; returning
  // false stops. May be empty.
  std::function<bool(std::string_view)> on_text = {};
};

enum class FinishReason {
  kLength,      // max_new_tokens
  kStopToken,   // one of stop_tokens
  kStopString,  // one of stop_strings
  kCancelled,   // a callback said so, or cancel()
};

struct Generation {
  std::vector<int32_t> ids;  // without the stop token; with the tokens that hold a stop string
  std::string text;          // up to a stop string; empty without a tokenizer
  bool stopped = false;      // by a stop token or string, not by max_new_tokens
  FinishReason reason = FinishReason::kLength;
  std::vector<TokenLogprobs> logprobs;  // of ids, with SamplingOptions::logprobs
};

// Writes one text. Errors: those of check_sampling; kBadInput, with the numbers, where
// prompt + max_new_tokens exceed max_position_embeddings: nothing is cut in silence; kInterrupted.
Generation generate(Context& context, Decoder& decoder, const GenerationRequest& request);

// The same by ids alone.
Generation generate(Context& context, Decoder& decoder, std::span<const int32_t> prompt,
                    const SamplingOptions& options,
                    const std::function<bool(int32_t)>& on_token = {});

}  // namespace twin
