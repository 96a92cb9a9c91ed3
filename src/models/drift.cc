#include "models/drift.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "models/probe_logits.h"

namespace twin {
namespace {

double log_sum(const std::vector<float>& logits) {
  const double most = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - most);
  return most + std::log(sum);
}

double divergence(const std::vector<float>& before, const std::vector<float>& after) {
  const double from = log_sum(before), to = log_sum(after);
  double sum = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    const double p = static_cast<double>(before[i]) - from;
    sum += std::exp(p) * (p - (static_cast<double>(after[i]) - to));
  }
  return std::max(0.0, sum);  // rounding
}

}  // namespace

Drift measure_drift(Context& context, const kernels::Kernels& kernels, const LanguageModel& before,
                    const LanguageModel& after, const std::vector<std::vector<TokenId>>& prompts,
                    const std::vector<std::vector<TokenId>>& continuations) {
  TWIN_CHECK(prompts.size() == continuations.size());
  TWIN_CHECK(before.weights->config.vocab_size == after.weights->config.vocab_size);
  std::vector<std::vector<TokenId>> whole = prompts;
  for (size_t i = 0; i < whole.size(); ++i) {
    whole[i].insert(whole[i].end(), continuations[i].begin(), continuations[i].end());
  }
  ProbeLogits from(context, kernels, before, whole), to(context, kernels, after, whole);
  Drift drift;
  for (size_t i = 0; i < whole.size(); ++i) {
    for (size_t t = 0; t < whole[i].size(); ++t) {
      const std::vector<float> a = from.at(i, t), b = to.at(i, t);
      const double kl = divergence(a, b);
      drift.mean_kl += kl;
      drift.largest_kl = std::max(drift.largest_kl, kl);
      for (size_t v = 0; v < a.size(); ++v) {
        drift.largest_logit = std::max(
            drift.largest_logit, std::abs(static_cast<double>(a[v]) - static_cast<double>(b[v])));
      }
      ++drift.tokens;
      const size_t next = t + 1;
      if (next < prompts[i].size() || next >= whole[i].size()) continue;
      const auto chosen = std::max_element(b.begin(), b.end()) - b.begin();
      ++drift.greedy_tokens;
      drift.greedy_same += chosen == whole[i][next] ? 1 : 0;
    }
  }
  if (drift.tokens > 0) drift.mean_kl /= static_cast<double>(drift.tokens);
  return drift;
}

}  // namespace twin
