#include "engine/generate/sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "engine/generate/portable_math.h"

namespace twin {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

[[noreturn]] void refuse(const char* field, double found, const char* expected) {
  throw Error(ErrorCode::kBadInput, fmt::format("{} is {}; expected {}", field, found, expected));
}

void check_range(const char* field, float value, float low, float high, const char* expected) {
  if (!(value >= low && value <= high)) refuse(field, static_cast<double>(value), expected);
}

// Four sums side by side, in an order that does not depend on the instruction set.
double sum_of(std::span<const float> values) {
  double sums[4] = {0, 0, 0, 0};
  size_t i = 0;
  for (; i + 4 <= values.size(); i += 4) {
    for (size_t j = 0; j < 4; ++j) sums[j] += static_cast<double>(values[i + j]);
  }
  for (; i < values.size(); ++i) sums[0] += static_cast<double>(values[i]);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// NaN counts as less than everything.
float largest_of(std::span<const float> values) {
  float most[8];
  std::fill_n(most, 8, kNever);
  size_t i = 0;
  for (; i + 8 <= values.size(); i += 8) {
    for (size_t j = 0; j < 8; ++j) most[j] = values[i + j] > most[j] ? values[i + j] : most[j];
  }
  for (; i < values.size(); ++i) most[0] = values[i] > most[0] ? values[i] : most[0];
  return *std::max_element(most, most + 8);
}

void forbid(std::span<float> logits, std::span<const uint64_t> allowed) {
  TWIN_CHECK(allowed.size() * 64 >= logits.size());
  for (size_t word = 0; word * 64 < logits.size(); ++word) {
    const size_t begin = word * 64, end = std::min(begin + 64, logits.size());
    const uint64_t bits = allowed[word];
    if (bits == ~uint64_t{0}) continue;
    for (size_t i = begin; i < end; ++i) {
      if ((bits >> (i - begin) & 1) == 0) logits[i] = kNever;
    }
  }
}

}  // namespace

void check_sampling(const SamplingOptions& o, size_t vocab_size) {
  constexpr float kMost = std::numeric_limits<float>::max();
  check_range("temperature", o.temperature, 0, kMost, "a number from 0 (greedy)");
  check_range("top_p", o.top_p, 0, 1, "0 to 1");
  check_range("min_p", o.min_p, 0, 1, "0 to 1");
  check_range("typical_p", o.typical_p, 0, 1, "0 to 1");
  check_range("frequency_penalty", o.frequency_penalty, -kMost, kMost, "a number");
  check_range("presence_penalty", o.presence_penalty, -kMost, kMost, "a number");
  if (!(o.repetition_penalty > 0 && o.repetition_penalty <= kMost)) {
    refuse("repetition_penalty", static_cast<double>(o.repetition_penalty), "a number above 0");
  }
  for (const auto& [id, bias] : o.logit_bias) {
    if (id < 0 || static_cast<size_t>(id) >= vocab_size) {
      throw Error(
          ErrorCode::kBadInput,
          fmt::format("logit_bias is for token {}, outside the vocabulary of {}", id, vocab_size));
    }
    if (std::isnan(bias) || bias > kMost) {
      refuse("a logit_bias", static_cast<double>(bias), "a number or -inf");
    }
  }
  for (const std::string& stop : o.stop_strings) {
    if (stop.empty()) throw Error(ErrorCode::kBadInput, "a stop string is empty");
  }
}

Sampler::Sampler(const SamplingOptions& options, size_t vocab_size, std::span<const int32_t> prompt)
    : options_(options), random_(options.seed) {
  check_sampling(options, vocab_size);
  if (options.repetition_penalty != 1 || options.frequency_penalty != 0 ||
      options.presence_penalty != 0) {
    seen_at_.assign(vocab_size, -1);
    seen_.reserve(std::min(vocab_size, prompt.size() + options.max_new_tokens));
    for (const int32_t id : prompt) count(id, 0);
  }
}

void Sampler::count(int32_t id, uint32_t in_output) {
  if (seen_at_.empty() || id < 0 || static_cast<size_t>(id) >= seen_at_.size()) return;
  int32_t& at = seen_at_[static_cast<size_t>(id)];
  if (at < 0) {
    at = static_cast<int32_t>(seen_.size());
    seen_.push_back({id, 0});
  }
  seen_[static_cast<size_t>(at)].in_output += in_output;
}

void Sampler::penalize(std::span<float> logits) const {
  for (const auto& [id, bias] : options_.logit_bias) logits[static_cast<size_t>(id)] += bias;
  for (const Seen& seen : seen_) {
    float& logit = logits[static_cast<size_t>(seen.id)];
    logit = logit < 0 ? logit * options_.repetition_penalty : logit / options_.repetition_penalty;
    if (seen.in_output > 0) {
      logit -= static_cast<float>(seen.in_output) * options_.frequency_penalty;
      logit -= options_.presence_penalty;
    }
  }
}

int32_t Sampler::next(std::span<float> logits, std::span<const uint64_t> allowed) {
  TWIN_CHECK(!logits.empty() && (seen_at_.empty() || seen_at_.size() == logits.size()));
  if (options_.logprobs) raw_.assign(logits.begin(), logits.end());
  penalize(logits);
  if (!allowed.empty()) forbid(logits, allowed);
  const float most = largest_of(logits);
  if (!std::isfinite(most)) {
    throw Error(ErrorCode::kFailed,
                "the model's logits are not finite numbers: its weights or its file are damaged, "
                "or logit_bias forbids every token");
  }
  const int32_t chosen =
      options_.temperature == 0
          ? static_cast<int32_t>(std::find(logits.begin(), logits.end(), most) - logits.begin())
          : draw(logits, most);
  if (options_.logprobs) note_logprobs(chosen);
  count(chosen, 1);
  return chosen;
}

// Keeps the k largest of what has been seen in a buffer of 4k, cut back whenever it is full: nearly
// every logit costs one comparison.
float Sampler::kth_largest(std::span<const float> logits, size_t k) {
  largest_.clear();
  const size_t room = std::max<size_t>(4 * k, 64);
  float cut = kNever;
  const auto cut_back = [&] {
    std::nth_element(largest_.begin(), largest_.begin() + static_cast<ptrdiff_t>(k - 1),
                     largest_.end(), std::greater<>());
    largest_.resize(k);
    cut = largest_.back();
  };
  for (const float logit : logits) {
    if (!(logit > cut)) continue;
    largest_.push_back(logit);
    if (largest_.size() == room) cut_back();
  }
  if (largest_.size() > k) cut_back();
  return largest_.size() < k ? kNever : *std::min_element(largest_.begin(), largest_.end());
}

int32_t Sampler::draw(std::span<const float> logits, float most) {
  const size_t V = logits.size();
  weights_.resize(V);
  float cut = kNever;
  if (options_.top_k > 0 && options_.top_k < V) cut = kth_largest(logits, options_.top_k);
  const auto weight = [&](size_t i) {
    return portable::exp((logits[i] - most) / options_.temperature);
  };
  if (cut == kNever) {
    for (size_t i = 0; i < V; ++i) weights_[i] = weight(i);
  } else {
    for (size_t i = 0; i < V; ++i) weights_[i] = logits[i] >= cut ? weight(i) : 0.0f;
  }
  const double total = sum_of(weights_);
  const double u = random_.uniform();

  if (options_.top_p >= 1 && options_.min_p <= 0 && options_.typical_p >= 1) {
    double left = u * total;
    size_t last = 0;
    for (size_t i = 0; i < V; ++i) {
      if (weights_[i] == 0) continue;
      last = i;
      left -= static_cast<double>(weights_[i]);
      if (left < 0) break;
    }
    return static_cast<int32_t>(last);
  }

  // Tokens that together weigh less than what top_p leaves out are never reached by it, nor those
  // below min_p where top_p takes all.
  double negligible = (1 - static_cast<double>(options_.top_p)) * total / static_cast<double>(V);
  if (options_.top_p >= 1) negligible = static_cast<double>(options_.min_p) * (1 - 1e-6);
  candidates_.clear();
  for (size_t i = 0; i < V; ++i) {
    if (static_cast<double>(weights_[i]) > negligible) {
      candidates_.push_back({-logits[i], weights_[i], static_cast<int32_t>(i)});
    }
  }
  if (options_.top_p < 1) {
    candidates_.resize(fewest_reaching(candidates_, static_cast<double>(options_.top_p) * total));
  }
  if (options_.min_p > 0) {
    std::erase_if(candidates_, [&](const Candidate& c) { return c.weight < options_.min_p; });
  }
  if (options_.typical_p < 1) keep_typical();
  double kept = 0;
  for (const Candidate& c : candidates_) kept += static_cast<double>(c.weight);
  double left = u * kept;
  for (const Candidate& c : candidates_) {
    left -= static_cast<double>(c.weight);
    if (left < 0) return c.id;
  }
  return candidates_.back().id;
}

// Source: Meister et al. 2022, arXiv:2202.00666, as Hugging Face's TypicalLogitsWarper: by distance
// of -log p from the entropy, the fewest that reach typical_p and what ties with the last.
void Sampler::keep_typical() {
  double total = 0, entropy = 0;
  for (const Candidate& c : candidates_) total += static_cast<double>(c.weight);
  const auto surprise = [&](const Candidate& c) {
    return portable::log(total / static_cast<double>(c.weight));
  };
  for (const Candidate& c : candidates_) {
    if (c.weight > 0) entropy += static_cast<double>(c.weight) / total * surprise(c);
  }
  for (Candidate& c : candidates_) {
    c.key = c.weight > 0 ? static_cast<float>(std::fabs(surprise(c) - entropy))
                         : std::numeric_limits<float>::max();
  }
  size_t count = fewest_reaching(candidates_, static_cast<double>(options_.typical_p) * total);
  float last = 0;
  for (size_t i = 0; i < count; ++i) last = std::max(last, candidates_[i].key);
  for (size_t i = count; i < candidates_.size(); ++i) {
    if (candidates_[i].key <= last) std::swap(candidates_[count++], candidates_[i]);
  }
  candidates_.resize(count);
}

// Moves the fewest candidates of least (key, id) whose weights reach `wanted` to the front and
// returns how many they are, at least 1. Quickselect by weight: expected linear. The order within
// is the algorithm's own, the same everywhere.
size_t Sampler::fewest_reaching(std::span<Candidate> c, double wanted) {
  const auto before = [](const Candidate& a, const Candidate& b) {
    return a.key != b.key ? a.key < b.key : a.id < b.id;
  };
  size_t low = 0, high = c.size();
  double reached = 0;
  while (high - low > 1) {
    const size_t middle = low + (high - low) / 2;
    if (before(c[middle], c[low])) std::swap(c[middle], c[low]);
    if (before(c[high - 1], c[low])) std::swap(c[high - 1], c[low]);
    if (before(c[high - 1], c[middle])) std::swap(c[high - 1], c[middle]);
    std::swap(c[middle], c[high - 1]);  // the median of three is the pivot
    size_t at = low;
    double left = 0;
    for (size_t i = low; i + 1 < high; ++i) {
      if (!before(c[i], c[high - 1])) continue;
      left += static_cast<double>(c[i].weight);
      std::swap(c[i], c[at++]);
    }
    std::swap(c[at], c[high - 1]);
    if (reached + left >= wanted) {
      high = at;
    } else if (reached + left + static_cast<double>(c[at].weight) >= wanted) {
      return at + 1;
    } else {
      reached += left + static_cast<double>(c[at].weight);
      low = at + 1;
    }
  }
  return std::max<size_t>(1, high);
}

void Sampler::note_logprobs(int32_t chosen) {
  const float most = largest_of(raw_);
  weights_.resize(raw_.size());
  for (size_t i = 0; i < raw_.size(); ++i) weights_[i] = portable::exp(raw_[i] - most);
  const double normalizer = static_cast<double>(most) + portable::log(sum_of(weights_));
  const auto logprob = [&](size_t id) {
    return static_cast<float>(static_cast<double>(raw_[id]) - normalizer);
  };
  logprobs_.chosen = {chosen, logprob(static_cast<size_t>(chosen))};
  logprobs_.top.clear();
  const size_t count = std::min(options_.top_logprobs, raw_.size());
  if (count == 0) return;
  const float cut = kth_largest(raw_, count);
  for (size_t i = 0; i < raw_.size(); ++i) {
    if (raw_[i] >= cut) logprobs_.top.push_back({static_cast<int32_t>(i), logprob(i)});
  }
  std::stable_sort(
      logprobs_.top.begin(), logprobs_.top.end(),
      [](const TokenLogprob& a, const TokenLogprob& b) { return a.logprob > b.logprob; });
  if (logprobs_.top.size() > count) logprobs_.top.resize(count);
}

}  // namespace twin
