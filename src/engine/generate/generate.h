#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "engine/generate/sampler.h"
#include "engine/generate/sampling_options.h"
#include "engine/generate/token_grammar.h"
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
  std::shared_ptr<const LoraAdapter> adapter = {};  // null: the base model alone
  // What the text is held to; null: nothing. Of this request alone.
  std::shared_ptr<Constraint> constraint = {};
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
  kGrammarEnd,  // the constraint's output is complete
  kCancelled,   // a callback said so, or BatchGenerator::cancel()
};

struct Generation {
  std::vector<int32_t> ids;  // without the stop token; with the tokens that hold a stop string
  std::string text;          // up to a stop string; empty without a tokenizer
  bool stopped = false;      // by a stop or the grammar's end, not by max_new_tokens
  FinishReason reason = FinishReason::kLength;
  std::vector<TokenLogprobs> logprobs;  // of ids, with SamplingOptions::logprobs
  size_t reused_prompt_tokens = 0;      // computed for an earlier prompt
  size_t guessed_tokens = 0;            // by lookup decoding
  size_t right_guesses = 0;             // of those, accepted
};

// Writes one text: a BatchGenerator of one request. Errors: those of BatchGenerator::submit();
// kInterrupted.
Generation generate(Context& context, Decoder& decoder, const GenerationRequest& request);

// The same by ids alone. Errors: kBadInput, with the numbers, where prompt + max_new_tokens exceed
// max_position_embeddings: nothing is cut in silence.
Generation generate(Context& context, Decoder& decoder, std::span<const int32_t> prompt,
                    const SamplingOptions& options,
                    const std::function<bool(int32_t)>& on_token = {});

}  // namespace twin
