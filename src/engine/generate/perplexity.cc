#include "engine/generate/perplexity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"

namespace twin {
namespace {

// Rows of logits held at one time: a vocabulary of 128,000 then takes 16 MB.
constexpr size_t kRows = 32;

// -log softmax(logits)[id], in double: sums over a vocabulary lose digits in float.
double surprise(std::span<const float> logits, int32_t id) {
  const float most = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit - most));
  return std::log(sum) + most - logits[static_cast<size_t>(id)];
}

}  // namespace

Perplexity measure_perplexity(Context& context, Decoder& decoder, std::span<const int32_t> tokens,
                              const PerplexityOptions& options) {
  const DecoderConfig& config = decoder.config();
  const size_t window = options.window, C = config.hidden_size, V = config.vocab_size;
  if (window < 2 || window > config.max_position_embeddings) {
    throw Error(ErrorCode::kUsage, fmt::format("a window of {} tokens; expected 2 to {}", window,
                                               config.max_position_embeddings));
  }
  if (tokens.size() < window) {
    throw Error(ErrorCode::kUsage, fmt::format("the text has {} tokens, less than one window of {}",
                                               tokens.size(), window));
  }
  Perplexity result;
  result.windows = tokens.size() / window;
  result.tokens_left_out = tokens.size() % window;
  const size_t first = window / 2;
  std::vector<float> hidden(window * C), logits(kRows * V);
  std::vector<int32_t> ids(window);
  const auto bar = context.progress.start("perplexity", result.windows);
  double sum = 0, squares = 0;
  for (size_t w = 0; w < result.windows; ++w) {
    stop_if_interrupted(context);
    const std::span<const int32_t> text = tokens.subspan(w * window, window);
    std::copy(text.begin(), text.end(), ids.begin());
    if (options.bos) ids.front() = *options.bos;
    const Segment segment{window, nullptr, options.adapter};
    decoder.forward({ids, {&segment, 1}}, hidden);
    for (size_t begin = first; begin + 1 < window; begin += kRows) {
      const size_t rows = std::min(kRows, window - 1 - begin);
      decoder.logits(std::span(hidden).subspan(begin * C, rows * C),
                     std::span(logits).first(rows * V), kernels::Rows::kMany);
      for (size_t r = 0; r < rows; ++r) {
        const double nll = surprise(std::span(logits).subspan(r * V, V), ids[begin + r + 1]);
        sum += nll;
        squares += nll * nll;
        ++result.tokens;
      }
    }
    bar->update(w + 1, fmt::format("{:.4f}", std::exp(sum / static_cast<double>(result.tokens))));
  }
  bar->finish();
  const auto n = static_cast<double>(result.tokens);
  const double mean = sum / n, variance = std::max(0.0, squares / n - mean * mean);
  result.perplexity = std::exp(mean);
  result.standard_error = n > 1 ? result.perplexity * std::sqrt(variance / (n - 1)) : 0;
  return result;
}

}  // namespace twin
