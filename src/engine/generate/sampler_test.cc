#include "engine/generate/sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "engine/generate/portable_math.h"

namespace twin {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

// The definitions, slow and in double: the probability of each id.
std::vector<double> reference(std::vector<float> logits, const SamplingOptions& o,
                              const std::vector<int32_t>& prompt,
                              const std::vector<int32_t>& output) {
  const size_t V = logits.size();
  std::vector<double> score(logits.begin(), logits.end());
  for (const auto& [id, bias] : o.logit_bias) score[static_cast<size_t>(id)] += bias;
  for (size_t i = 0; i < V; ++i) {
    const auto id = static_cast<int32_t>(i);
    const auto in_output = std::count(output.begin(), output.end(), id);
    if (in_output + std::count(prompt.begin(), prompt.end(), id) > 0) {
      score[i] = score[i] < 0 ? score[i] * o.repetition_penalty : score[i] / o.repetition_penalty;
    }
    score[i] -= static_cast<double>(in_output) * o.frequency_penalty;
    if (in_output > 0) score[i] -= o.presence_penalty;
  }
  for (double& s : score) s /= o.temperature;
  const auto softmax = [&] {
    const double most = *std::max_element(score.begin(), score.end());
    std::vector<double> p(V);
    double total = 0;
    for (size_t i = 0; i < V; ++i) total += p[i] = std::exp(score[i] - most);
    for (double& x : p) x /= total;
    return p;
  };
  std::vector<size_t> order(V);
  const auto sort_by = [&](const std::function<double(size_t)>& key) {
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return key(a) < key(b); });
  };
  if (o.top_k > 0 && o.top_k < V) {
    sort_by([&](size_t i) { return -score[i]; });
    const double cut = score[order[o.top_k - 1]];
    for (double& s : score) s = s < cut ? kNever : s;
  }
  const auto keep_fewest = [&](double wanted, bool ties, const std::function<double(size_t)>& key) {
    const std::vector<double> p = softmax();
    sort_by(key);
    double before = 0, last = 0;
    for (size_t n = 0; n < V; ++n) {
      const size_t i = order[n];
      const bool keep = n == 0 || before < wanted || (ties && key(i) <= last);
      if (before < wanted) last = key(i);
      before += p[i];
      if (!keep) score[i] = kNever;
    }
  };
  if (o.top_p < 1) keep_fewest(o.top_p, false, [&, s = score](size_t i) { return -s[i]; });
  if (o.min_p > 0) {
    const std::vector<double> p = softmax();
    const double most = *std::max_element(p.begin(), p.end());
    for (size_t i = 0; i < V; ++i) score[i] = p[i] < o.min_p * most ? kNever : score[i];
  }
  if (o.typical_p < 1) {
    const std::vector<double> p = softmax();
    double entropy = 0;
    for (double x : p) entropy -= x > 0 ? x * std::log(x) : 0;
    keep_fewest(o.typical_p, true,
                [&](size_t i) { return p[i] > 0 ? std::fabs(-std::log(p[i]) - entropy) : 1e30; });
  }
  return softmax();
}

// Draws often and compares each id's share with the reference; what the reference forbids must
// never come.
void expect_shares(const std::vector<float>& logits, const SamplingOptions& options,
                   const std::vector<int32_t>& prompt = {}) {
  const std::vector<double> wanted = reference(logits, options, prompt, {});
  constexpr int kDraws = 4000;
  std::vector<double> share(logits.size());
  SamplingOptions o = options;
  for (int i = 0; i < kDraws; ++i) {
    o.seed = static_cast<uint64_t>(i);
    Sampler sampler(o, logits.size(), prompt);
    std::vector<float> copy = logits;
    share[static_cast<size_t>(sampler.next(copy))] += 1.0 / kDraws;
  }
  for (size_t i = 0; i < logits.size(); ++i) {
    const double spread = std::sqrt(wanted[i] * (1 - wanted[i]) / kDraws);
    EXPECT_NEAR(share[i], wanted[i], 5 * spread + 1e-9) << "id " << i;
  }
}

std::vector<float> random_logits(size_t V, uint64_t seed, double spread = 2) {
  Random random(seed);
  std::vector<float> logits(V);
  for (float& x : logits) x = static_cast<float>(random.normal() * spread);
  return logits;
}

TEST(Sampler, ZeroTemperatureIsGreedyAndTiesGoToTheLowestId) {
  SamplingOptions options;
  options.temperature = 0;
  Sampler sampler(options, 4, {});
  std::vector<float> logits = {1, 3, 3, 2};
  EXPECT_EQ(sampler.next(logits), 1);
}

TEST(Sampler, EachOptionGivesItsDefinitionsShares) {
  for (const size_t V : {size_t{1}, size_t{7}, size_t{40}}) {
    const std::vector<float> logits = random_logits(V, V);
    std::vector<SamplingOptions> all(12);
    all[1].temperature = 0.5f;
    all[2].top_k = 3;
    all[3].top_p = 0.65f;
    all[4].min_p = 0.1f;
    all[5].typical_p = 0.5f;
    all[6].repetition_penalty = 1.7f;
    all[7].logit_bias = {{0, 1.5f}};
    all[8].top_p = 0;
    all[9].min_p = 1;
    all[10].typical_p = 0;
    all[11].temperature = 1.3f;
    all[11].top_k = 20;
    all[11].top_p = 0.9f;
    all[11].min_p = 0.05f;
    all[11].typical_p = 0.9f;
    for (size_t i = 0; i < all.size(); ++i) {
      SCOPED_TRACE(testing::Message() << "V " << V << ", options " << i);
      expect_shares(logits, all[i], {0, 0});
    }
  }
}

TEST(Sampler, TiesAreAsInTheReference) {
  const std::vector<float> logits = {1, 2, 2, 2, 0, 1, 1};
  for (const size_t k : {1, 2, 4, 5}) {
    SamplingOptions options;
    options.top_k = k;
    expect_shares(logits, options);
  }
  SamplingOptions top_p;
  top_p.top_p = 0.4f;
  expect_shares(logits, top_p);
  SamplingOptions typical;
  typical.typical_p = 0.3f;
  expect_shares(logits, typical);
}

TEST(Sampler, OutputPenaltiesFollowWhatWasChosen) {
  SamplingOptions options;
  options.frequency_penalty = 0.4f;
  options.presence_penalty = 0.3f;
  options.repetition_penalty = 1.2f;
  options.temperature = 0;
  const std::vector<float> logits = random_logits(10, 3, 1);
  const std::vector<int32_t> prompt = {2, 3, 3};
  Sampler sampler(options, logits.size(), prompt);
  std::vector<int32_t> output;
  SamplingOptions warm = options;
  warm.temperature = 1;
  for (int i = 0; i < 30; ++i) {
    const std::vector<double> p = reference(logits, warm, prompt, output);
    std::vector<float> copy = logits;
    const int32_t id = sampler.next(copy);
    EXPECT_NEAR(p[static_cast<size_t>(id)], *std::max_element(p.begin(), p.end()), 1e-6) << i;
    output.push_back(id);
  }
}

TEST(Sampler, MaskForbids) {
  std::vector<float> logits = random_logits(130, 9);
  std::vector<uint64_t> allowed(3);
  allowed[1] = 1ull << 5;  // id 69
  allowed[2] = 1ull << 1;  // id 129
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SamplingOptions options;
    options.seed = seed;
    Sampler sampler(options, logits.size(), {});
    std::vector<float> copy = logits;
    const int32_t id = sampler.next(copy, allowed);
    EXPECT_TRUE(id == 69 || id == 129) << id;
  }
  allowed.assign(3, 0);
  Sampler sampler({}, logits.size(), {});
  EXPECT_THROW(sampler.next(logits, allowed), Error);
}

TEST(Sampler, LogprobsAreTheModelsOwn) {
  const std::vector<float> logits = random_logits(300, 4);
  SamplingOptions options;
  options.temperature = 0.2f;
  options.top_k = 1;
  options.logit_bias = {{17, 100.0f}};
  options.logprobs = true;
  options.top_logprobs = 5;
  Sampler sampler(options, logits.size(), {});
  std::vector<float> copy = logits;
  EXPECT_EQ(sampler.next(copy), 17);
  const std::vector<double> p = reference(logits, {}, {}, {});
  const TokenLogprobs& found = sampler.logprobs();
  EXPECT_NEAR(found.chosen.logprob, std::log(p[17]), 1e-5);
  ASSERT_EQ(found.top.size(), 5u);
  std::vector<double> sorted = p;
  std::sort(sorted.rbegin(), sorted.rend());
  for (size_t i = 0; i < 5; ++i) EXPECT_NEAR(found.top[i].logprob, std::log(sorted[i]), 1e-5);
}

// Golden ids: another platform, compiler or library must give these too.
TEST(Sampler, SameSeedGivesTheseIds) {
  std::vector<float> logits(1000);
  for (size_t i = 0; i < logits.size(); ++i) {
    logits[i] = static_cast<float>((i * 2654435761u) % 1000u) * 0.01f;  // exact arithmetic
  }
  const auto ids = [&](const SamplingOptions& options) {
    Sampler sampler(options, logits.size(), {});
    std::vector<int32_t> drawn;
    for (int i = 0; i < 6; ++i) {
      std::vector<float> copy = logits;
      drawn.push_back(sampler.next(copy));
    }
    return drawn;
  };
  SamplingOptions options;
  options.seed = 42;
  EXPECT_EQ(ids(options), (std::vector<int32_t>{88, 381, 678, 925, 992, 770}));
  options.top_p = 0.8f;
  EXPECT_EQ(ids(options), (std::vector<int32_t>{180, 862, 791, 829, 988, 716}));
  options.typical_p = 0.7f;
  options.min_p = 0.01f;
  EXPECT_EQ(ids(options), (std::vector<int32_t>{360, 63, 904, 67, 749, 536}));
}

TEST(Sampler, OptionsOutsideTheirRangeAreRefused) {
  std::vector<SamplingOptions> bad(7);
  bad[0].temperature = -1;
  bad[1].top_p = 1.5f;
  bad[2].min_p = std::nanf("");
  bad[3].repetition_penalty = 0;
  bad[4].logit_bias = {{10, 1.0f}};
  bad[5].stop_strings = {""};
  bad[6].typical_p = -0.1f;
  for (const SamplingOptions& options : bad) EXPECT_THROW(Sampler(options, 10, {}), Error);
  std::vector<float> broken = {std::nanf(""), std::nanf("")};
  EXPECT_THROW(Sampler({}, 2, {}).next(broken), Error);
}

TEST(PortableMath, AgreesWithTheLibrary) {
  for (float x = 0; x > -87; x -= 0.0137f) {
    EXPECT_NEAR(portable::exp(x) / std::exp(x), 1, 3e-7) << x;
  }
  EXPECT_EQ(portable::exp(0), 1);
  EXPECT_EQ(portable::exp(kNever), 0);
  for (double x = 1e-9; x < 1e9; x *= 1.37) {
    EXPECT_NEAR(portable::log(x), std::log(x), 1e-14 * std::max(1.0, std::fabs(std::log(x))));
  }
}

}  // namespace
}  // namespace twin
