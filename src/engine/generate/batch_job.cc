#include "engine/generate/batch_job.h"

#include <algorithm>

#include "base/error.h"

namespace twin {

BatchGenerator::Job::Job(GenerationRequest r, const DecoderConfig& config)
    : request(std::move(r)),
      sampler(request.sampling, config.vocab_size, request.prompt),
      lookup(std::min(request.sampling.lookup_tokens, kFewTokens - 1)) {
  if (request.tokenizer != nullptr) text.emplace(*request.tokenizer, request.sampling.stop_strings);
  if (request.constraint) {
    request.constraint->begin(request.sampling.max_new_tokens, request.sampling.stop_tokens);
  }
  lookup.begin(request.prompt);
}

void BatchGenerator::Job::next_tokens(size_t room, double guess_cost,
                                      std::vector<int32_t>& tokens) {
  tokens.push_back(result.ids.back());
  // The last new token's own successor is never computed.
  const size_t left = request.sampling.max_new_tokens - result.ids.size();
  const std::span<const int32_t> guess = lookup.guess(std::min(room, left) - 1, guess_cost);
  guesses.assign(guess.begin(), guess.end());
  tokens.insert(tokens.end(), guesses.begin(), guesses.end());
}

bool BatchGenerator::Job::choose(std::span<float> logits, int32_t& id) {
  std::span<const uint64_t> allowed;
  if (request.constraint) {
    allowed = request.constraint->allowed(request.sampling.max_new_tokens - result.ids.size());
    if (allowed.empty()) {
      result.reason = FinishReason::kGrammarEnd;
      return false;
    }
  }
  id = sampler.next(logits, allowed);
  return true;
}

bool BatchGenerator::Job::take(int32_t id) {
  const SamplingOptions& options = request.sampling;
  if (std::find(options.stop_tokens.begin(), options.stop_tokens.end(), id) !=
      options.stop_tokens.end()) {
    result.reason = FinishReason::kStopToken;
    return false;
  }
  result.ids.push_back(id);
  if (options.logprobs) result.logprobs.push_back(sampler.logprobs());
  if (request.constraint) request.constraint->accept(id);
  lookup.append(id);
  bool go_on = !request.on_token || request.on_token(id);
  if (text) {
    const std::string_view piece = text->push(id);
    if (!piece.empty() && request.on_text) go_on = request.on_text(piece) && go_on;
    if (text->stopped()) {
      result.reason = FinishReason::kStopString;
      return false;
    }
  }
  if (!go_on) {
    result.reason = FinishReason::kCancelled;
    return false;
  }
  result.reason = FinishReason::kLength;
  if (result.ids.size() < options.max_new_tokens) return true;
  if (request.constraint) result.reason = FinishReason::kGrammarEnd;
  return false;
}

void BatchGenerator::Job::close() {
  if (text) {
    const std::string_view rest = text->finish();
    if (!rest.empty() && request.on_text) request.on_text(rest);
    result.text = text->text();
  }
  result.stopped =
      result.reason != FinishReason::kLength && result.reason != FinishReason::kCancelled;
  result.guessed_tokens = lookup.guessed();
  result.right_guesses = lookup.right();
}

}  // namespace twin
