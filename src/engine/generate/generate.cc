#include "engine/generate/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "engine/generate/text_stream.h"

namespace twin {

Generation generate(Context& context, Decoder& decoder, const GenerationRequest& request) {
  const DecoderConfig& config = decoder.config();
  const SamplingOptions& options = request.sampling;
  const std::span<const int32_t> prompt = request.prompt;
  TWIN_CHECK(!prompt.empty());
  TWIN_CHECK(request.tokenizer != nullptr || (options.stop_strings.empty() && !request.on_text));
  const size_t length = prompt.size() + options.max_new_tokens;
  if (length > config.max_position_embeddings) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{} prompt tokens and up to {} new ones are more than the {} the model "
                            "takes; shorten the prompt or lower max_new_tokens",
                            prompt.size(), options.max_new_tokens, config.max_position_embeddings));
  }
  KvCache cache(config, length);
  Sampler sampler(options, config.vocab_size, prompt);
  std::optional<TextStream> text;
  if (request.tokenizer != nullptr) text.emplace(*request.tokenizer, options.stop_strings);
  std::vector<float> hidden(prompt.size() * config.hidden_size), logits(config.vocab_size);
  const auto advance = [&](std::span<const int32_t> tokens) {
    const Segment segment{tokens.size(), &cache, request.adapter};
    const std::span<float> out(hidden.data(), tokens.size() * config.hidden_size);
    decoder.forward({tokens, {&segment, 1}}, out);
    decoder.logits(out.last(config.hidden_size), logits);
  };
  const auto tell = [&](std::string_view piece) {
    return piece.empty() || !request.on_text || request.on_text(piece);
  };

  Generation result;
  const auto take = [&](int32_t id) {  // whether to go on
    if (std::find(options.stop_tokens.begin(), options.stop_tokens.end(), id) !=
        options.stop_tokens.end()) {
      result.reason = FinishReason::kStopToken;
      return false;
    }
    result.ids.push_back(id);
    if (options.logprobs) result.logprobs.push_back(sampler.logprobs());
    bool go_on = !request.on_token || request.on_token(id);
    if (text) go_on = tell(text->push(id)) && go_on;
    if (text && text->stopped()) {
      result.reason = FinishReason::kStopString;
      return false;
    }
    if (!go_on) result.reason = FinishReason::kCancelled;
    return go_on && result.ids.size() < options.max_new_tokens;
  };
  if (options.max_new_tokens > 0) {
    advance(prompt);
    while (true) {
      stop_if_interrupted(context);
      const int32_t id = sampler.next(logits);
      if (!take(id)) break;
      advance({&id, 1});
    }
  }
  if (text) {
    tell(text->finish());
    result.text = text->text();
  }
  result.stopped =
      result.reason == FinishReason::kStopToken || result.reason == FinishReason::kStopString;
  return result;
}

Generation generate(Context& context, Decoder& decoder, std::span<const int32_t> prompt,
                    const SamplingOptions& options, const std::function<bool(int32_t)>& on_token) {
  GenerationRequest request;
  request.prompt.assign(prompt.begin(), prompt.end());
  request.sampling = options;
  request.on_token = on_token;
  return generate(context, decoder, request);
}

}  // namespace twin
