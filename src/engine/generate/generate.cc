#include "engine/generate/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace twin {
namespace {

struct Candidate {
  float logit;
  int32_t id;
};

// The higher logit first; of equals the lower id.
bool likelier(const Candidate& a, const Candidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
}

int32_t greedy(std::span<const float> logits) {
  return static_cast<int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

}  // namespace

int32_t sample(std::span<float> logits, const SamplingOptions& options, Random& random) {
  TWIN_CHECK(!logits.empty());
  if (options.temperature <= 0) return greedy(logits);
  std::vector<Candidate> candidates(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) {
    candidates[i] = {logits[i] / options.temperature, static_cast<int32_t>(i)};
  }
  const size_t keep =
      options.top_k == 0 ? candidates.size() : std::min(options.top_k, candidates.size());
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<ptrdiff_t>(keep),
                    candidates.end(), likelier);
  candidates.resize(keep);

  std::vector<double> cumulative(keep);
  double total = 0;
  for (size_t i = 0; i < keep; ++i) {
    total += std::exp(static_cast<double>(candidates[i].logit - candidates[0].logit));
    cumulative[i] = total;
  }
  // The fewest candidates whose probability reaches top_p.
  size_t count = keep;
  if (options.top_p < 1) {
    const double wanted = std::max(0.0f, options.top_p) * total;
    count = static_cast<size_t>(std::lower_bound(cumulative.begin(), cumulative.end(), wanted) -
                                cumulative.begin()) +
            1;
    count = std::min(count, keep);
  }
  const double drawn = random.uniform() * cumulative[count - 1];
  const auto chosen = std::upper_bound(
      cumulative.begin(), cumulative.begin() + static_cast<ptrdiff_t>(count - 1), drawn);
  return candidates[static_cast<size_t>(chosen - cumulative.begin())].id;
}

Generation generate(Context& context, Decoder& decoder, std::span<const int32_t> prompt,
                    const SamplingOptions& options, const std::function<bool(int32_t)>& on_token) {
  const DecoderConfig& config = decoder.config();
  TWIN_CHECK(!prompt.empty());
  const size_t length = prompt.size() + options.max_new_tokens;
  if (length > config.max_position_embeddings) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{} prompt tokens and up to {} new ones are more than the {} the model "
                            "takes; shorten the prompt or lower max_new_tokens",
                            prompt.size(), options.max_new_tokens, config.max_position_embeddings));
  }
  KvCache cache(config, length);
  Random random(options.seed);
  std::vector<float> hidden(prompt.size() * config.hidden_size), logits(config.vocab_size);
  const auto advance = [&](std::span<const int32_t> tokens) {
    const Segment segment{tokens.size(), &cache};
    const std::span<float> out(hidden.data(), tokens.size() * config.hidden_size);
    decoder.forward({tokens, {&segment, 1}}, out);
    decoder.logits(out.last(config.hidden_size), logits);
  };

  Generation result;
  advance(prompt);
  while (result.ids.size() < options.max_new_tokens) {
    stop_if_interrupted(context);
    const int32_t next = sample(logits, options, random);
    if (std::find(options.stop_tokens.begin(), options.stop_tokens.end(), next) !=
        options.stop_tokens.end()) {
      result.stopped = true;
      break;
    }
    result.ids.push_back(next);
    if (on_token && !on_token(next)) break;
    if (result.ids.size() < options.max_new_tokens) advance({&next, 1});
  }
  return result;
}

}  // namespace twin
