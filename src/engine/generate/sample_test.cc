#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "engine/generate/generate.h"

namespace twin {
namespace {

// Draws many times and returns each id's share.
std::vector<double> shares(const std::vector<float>& logits, const SamplingOptions& options) {
  Random random(5);
  std::vector<double> share(logits.size());
  for (int i = 0; i < 20000; ++i) {
    std::vector<float> copy = logits;
    share[static_cast<size_t>(sample(copy, options, random))] += 1 / 20000.0;
  }
  return share;
}

const std::vector<float> kLogits = {std::log(0.1f), std::log(0.4f), std::log(0.2f), std::log(0.3f)};

TEST(Sample, ZeroTemperatureIsGreedyAndTiesGoToTheLowestId) {
  SamplingOptions options;
  options.temperature = 0;
  Random random(1);
  std::vector<float> logits = {1, 3, 3, 2};
  EXPECT_EQ(sample(logits, options, random), 1);
}

TEST(Sample, SharesFollowTheProbabilities) {
  const auto share = shares(kLogits, {});
  EXPECT_NEAR(share[0], 0.1, 0.01);
  EXPECT_NEAR(share[1], 0.4, 0.015);
  EXPECT_NEAR(share[2], 0.2, 0.015);
  EXPECT_NEAR(share[3], 0.3, 0.015);
}

TEST(Sample, TemperatureSharpens) {
  SamplingOptions options;
  options.temperature = 0.5f;  // squares the odds: 0.16 / (0.01 + 0.16 + 0.04 + 0.09)
  EXPECT_NEAR(shares(kLogits, options)[1], 0.16 / 0.30, 0.015);
}

TEST(Sample, TopKAndTopPKeepTheLikeliest) {
  SamplingOptions top_k;
  top_k.top_k = 2;
  auto share = shares(kLogits, top_k);
  EXPECT_EQ(share[0] + share[2], 0);
  EXPECT_NEAR(share[1], 4.0 / 7, 0.015);
  SamplingOptions top_p;
  top_p.top_p = 0.65f;  // 0.4 + 0.3 reach it
  share = shares(kLogits, top_p);
  EXPECT_EQ(share[0] + share[2], 0);
  top_p.top_p = 0;
  EXPECT_NEAR(shares(kLogits, top_p)[1], 1.0, 1e-9) << "the likeliest is always kept";
}

TEST(Generate, PromptBeyondTheModelIsAnErrorWithTheNumbers) {
  DecoderConfig config{.vocab_size = 16,
                       .hidden_size = 8,
                       .intermediate_size = 16,
                       .num_hidden_layers = 1,
                       .num_attention_heads = 2,
                       .num_key_value_heads = 1,
                       .head_dim = 4,
                       .max_position_embeddings = 10};
  QuietContext context;
  DecoderWeights weights(config);
  initialize(weights, 1);
  Decoder decoder(context, kernels::choose_kernels("scalar"), weights);
  SamplingOptions options;
  options.max_new_tokens = 7;
  const std::vector<int32_t> prompt = {1, 2, 3, 4};
  try {
    generate(context, decoder, prompt, options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_NE(std::string(error.what()).find("4 prompt tokens and up to 7"), std::string::npos);
  }
  options.max_new_tokens = 6;
  const Generation all = generate(context, decoder, prompt, options);
  EXPECT_EQ(all.ids.size(), 6u);
  const Generation same = generate(context, decoder, prompt, options);
  EXPECT_EQ(all.ids, same.ids) << "same seed, same text";
}

}  // namespace
}  // namespace twin
