#include "engine/model/decoder.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "engine/model/reference_decoder.h"

namespace twin {
namespace {

DecoderConfig tiny() {
  return {.vocab_size = 31,
          .hidden_size = 16,
          .intermediate_size = 24,
          .num_hidden_layers = 3,
          .num_attention_heads = 4,
          .num_key_value_heads = 2,
          .head_dim = 4,
          .max_position_embeddings = 100};
}

std::vector<int32_t> some_tokens(size_t n, uint64_t seed) {
  Random random(seed);
  std::vector<int32_t> tokens(n);
  for (int32_t& token : tokens) token = static_cast<int32_t>(random.below(31));
  return tokens;
}

// What the families switch on, alone and together (Gemma 3).
DecoderConfig with_biases() {
  DecoderConfig c = tiny();
  c.attention_bias = true;
  return c;
}
DecoderConfig with_head_norms() {
  DecoderConfig c = tiny();
  c.qk_norm = true;
  return c;
}
DecoderConfig with_window() {
  DecoderConfig c = tiny();
  c.sliding_window = 7;
  c.rope_interleaved = true;
  return c;
}
DecoderConfig like_gemma() {
  DecoderConfig c = tiny();
  c.hidden_act = HiddenAct::kGeluTanh;
  c.qk_norm = c.sandwich_norms = true;
  c.embedding_scale = 4;
  c.query_pre_attn_scalar = 9;
  c.sliding_window = 20;
  c.local_layers = {true, false, true};
  c.rope_local_base_freq = 100;
  return c;
}
const std::vector<DecoderConfig> kFamilies = {tiny(), with_biases(), with_head_norms(),
                                              with_window(), like_gemma()};

void fill(DecoderWeights& weights, uint64_t seed) {
  Random random(seed);
  for (float& x : weights.flat()) x = static_cast<float>(0.3 * random.normal());
}

class DecoderOnEachIsa : public ::testing::TestWithParam<const kernels::Kernels*> {
 protected:
  DecoderOnEachIsa() : weights_(tiny()) {
    Random random(1);
    for (float& x : weights_.flat()) x = static_cast<float>(0.3 * random.normal());
  }
  std::vector<float> hidden_of(std::span<const int32_t> tokens, std::vector<Segment> segments) {
    Decoder decoder(context_, *GetParam(), weights_.tensors());
    std::vector<float> hidden(tokens.size() * 16);
    decoder.forward({tokens, segments}, hidden);
    return hidden;
  }
  QuietContext context_{2};
  DecoderWeights weights_;
};

TEST_P(DecoderOnEachIsa, ForwardAgreesWithTheReference) {
  const auto tokens = some_tokens(90, 2);
  const auto hidden = hidden_of(tokens, {{90, nullptr}});
  const auto expected = ReferenceDecoder(weights_, nullptr).forward(tokens);
  for (size_t i = 0; i < hidden.size(); ++i) {
    ASSERT_NEAR(hidden[i], expected[i / 16][i % 16], 2e-4) << i;
  }
}

TEST_P(DecoderOnEachIsa, EveryFamilyAgreesWithTheReference) {
  const auto tokens = some_tokens(90, 2);
  for (size_t f = 0; f < kFamilies.size(); ++f) {
    DecoderWeights weights(kFamilies[f]);
    fill(weights, 1);
    Decoder decoder(context_, *GetParam(), weights.tensors());
    // In one go; and with a cache: a prompt, a few tokens, then one by one.
    std::vector<float> whole(90 * 16), stepped(90 * 16);
    const Segment all{90};
    decoder.forward({tokens, {&all, 1}}, whole);
    KvCache cache(kFamilies[f], 90);
    for (size_t at = 0, n = 50; at < 90; at += n, n = at < 60 ? 10 : 1) {
      const Segment part{n, &cache};
      decoder.forward({std::span(tokens).subspan(at, n), {&part, 1}},
                      std::span(stepped).subspan(at * 16, n * 16));
    }
    const auto expected = ReferenceDecoder(weights, nullptr).forward(tokens);
    for (size_t i = 0; i < whole.size(); ++i) {
      ASSERT_NEAR(whole[i], expected[i / 16][i % 16], 5e-4) << "family " << f << " at " << i;
      ASSERT_NEAR(stepped[i], expected[i / 16][i % 16], 5e-4) << "family " << f << " at " << i;
    }
  }
}

// What batching, lookup drafts and shared prefixes rest on.
TEST_P(DecoderOnEachIsa, ATokenIsTheSameBitsWhateverIsBesideIt) {
  DecoderWeights weights(like_gemma());
  fill(weights, 1);
  LoraAdapter adapter(like_gemma(), {.r = 3});
  Random random(7);
  for (float& x : adapter.flat()) x = static_cast<float>(0.3 * random.normal());
  Decoder decoder(context_, *GetParam(), weights.tensors());
  const auto tokens = some_tokens(60, 2);
  const std::span<const int32_t> all(tokens);
  // Alone: a prompt of 40, then 20 single tokens.
  KvCache alone(like_gemma(), 60);
  std::vector<float> expected(60 * 16);
  for (size_t at = 0, n = 40; at < 60; at += n, n = 1) {
    const Segment part{n, &alone, &adapter};
    decoder.forward({all.subspan(at, n), {&part, 1}}, std::span(expected).subspan(at * 16, n * 16));
  }
  // The prompt between a decoding sequence and a third one; then 5 of its tokens at once beside
  // another adapter; then the rest in one segment of 15 over a copy of the cache.
  const auto other = some_tokens(80, 3);
  KvCache cache(like_gemma(), 60), first(like_gemma(), 90), copy(like_gemma(), 60);
  std::vector<float> rows(90 * 16);
  const auto run = [&](std::vector<int32_t> batch, std::vector<Segment> segments) {
    rows.assign(batch.size() * 16, 0);
    decoder.forward({batch, segments}, rows);
  };
  const auto expect_rows = [&](size_t row, size_t token, size_t count) {
    for (size_t i = 0; i < count * 16; ++i) {
      ASSERT_EQ(rows[row * 16 + i], expected[token * 16 + i]) << "token " << token << " at " << i;
    }
  };
  std::vector<int32_t> batch(other.begin(), other.begin() + 3);
  batch.insert(batch.end(), tokens.begin(), tokens.begin() + 40);
  batch.insert(batch.end(), other.begin(), other.begin() + 30);
  run(batch, {{3, &first}, {40, &cache, &adapter}, {30, nullptr}});
  expect_rows(3, 0, 40);
  batch.assign(tokens.begin() + 40, tokens.begin() + 45);
  batch.push_back(other[3]);
  run(batch, {{5, &cache, &adapter}, {1, &first}});
  expect_rows(0, 40, 5);
  copy.copy_prefix(cache, 45);
  run({tokens.begin() + 45, tokens.end()}, {{15, &copy, &adapter}});
  expect_rows(0, 45, 15);
}

TEST_P(DecoderOnEachIsa, PackedSequencesDoNotSeeEachOther) {
  const auto a = some_tokens(70, 2), b = some_tokens(5, 3), c = some_tokens(20, 4);
  std::vector<int32_t> all = a;
  all.insert(all.end(), b.begin(), b.end());
  all.insert(all.end(), c.begin(), c.end());
  const auto packed = hidden_of(all, {{70, nullptr}, {5, nullptr}, {20, nullptr}});
  std::vector<float> apart = hidden_of(a, {{70, nullptr}});
  for (const auto& hidden : {hidden_of(b, {{5, nullptr}}), hidden_of(c, {{20, nullptr}})}) {
    apart.insert(apart.end(), hidden.begin(), hidden.end());
  }
  for (size_t i = 0; i < packed.size(); ++i) ASSERT_NEAR(packed[i], apart[i], 1e-5) << i;
}

TEST_P(DecoderOnEachIsa, CacheGivesWhatTheWholeSequenceGives) {
  const auto tokens = some_tokens(80, 2), other = some_tokens(12, 5);
  const auto whole = hidden_of(tokens, {{80, nullptr}});
  Decoder decoder(context_, *GetParam(), weights_.tensors());
  KvCache cache(tiny(), 80), other_cache(tiny(), 80);
  std::vector<float> hidden(80 * 16);
  // A prompt of 50, then one by one beside another sequence in the same batch.
  const Segment prompt{50, &cache, nullptr};
  decoder.forward({std::span(tokens).first(50), {&prompt, 1}}, std::span(hidden).first(50 * 16));
  for (size_t t = 50; t < 80; ++t) {
    const size_t o = t % other.size();
    if (o == 0) other_cache.truncate(0);
    const std::vector<int32_t> both = {tokens[t], other[o]};
    const std::vector<Segment> segments = {{1, &cache}, {1, &other_cache}};
    std::vector<float> rows(32);
    decoder.forward({both, segments}, rows);
    std::copy_n(rows.begin(), 16, hidden.begin() + static_cast<ptrdiff_t>(t) * 16);
  }
  EXPECT_EQ(cache.length(), 80u);
  for (size_t i = 0; i < hidden.size(); ++i) ASSERT_NEAR(hidden[i], whole[i], 2e-5) << i;
}

TEST_P(DecoderOnEachIsa, SameInputGivesTheSameBits) {
  const auto tokens = some_tokens(64, 2);
  EXPECT_EQ(hidden_of(tokens, {{64, nullptr}}), hidden_of(tokens, {{64, nullptr}}));
}

INSTANTIATE_TEST_SUITE_P(Decoder, DecoderOnEachIsa,
                         ::testing::ValuesIn(kernels::available_kernels()),
                         [](const auto& tested) { return std::string(tested.param->name); });

TEST(Decoder, BadInputIsRefusedWithTheNumbers) {
  QuietContext context;
  DecoderWeights weights(tiny());
  Decoder decoder(context, kernels::choose_kernels("scalar"), weights.tensors());
  std::vector<float> hidden(101 * 16);
  const auto run = [&](std::vector<int32_t> tokens, KvCache* cache) {
    const Segment segment{tokens.size(), cache};
    decoder.forward({tokens, {&segment, 1}}, std::span(hidden).first(tokens.size() * 16));
  };
  EXPECT_THROW(run({31}, nullptr), Error);
  EXPECT_THROW(run({-1}, nullptr), Error);
  EXPECT_THROW(run(std::vector<int32_t>(101, 1), nullptr), Error);
  KvCache small(tiny(), 3);
  run({1, 2}, &small);
  try {
    run({1, 2}, &small);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "a sequence of 4 tokens is longer than the 3 the model takes");
  }
  EXPECT_EQ(small.length(), 2u) << "a refused batch changes nothing";
}

TEST(DecoderConfig, ShapesThatDoNotFitAreRefused) {
  EXPECT_NO_THROW(check_config(tiny()));
  for (const auto& spoil : std::vector<void (*)(DecoderConfig&)>{
           [](DecoderConfig& c) { c.vocab_size = 0; },
           [](DecoderConfig& c) { c.num_key_value_heads = 3; },
           [](DecoderConfig& c) { c.head_dim = 5; },
           [](DecoderConfig& c) { c.hidden_size = size_t{1} << 40; },
           [](DecoderConfig& c) { c.rope_theta = 0; }}) {
    DecoderConfig config = tiny();
    spoil(config);
    EXPECT_THROW(check_config(config), Error);
  }
  EXPECT_EQ(DecoderWeights(tiny()).flat().size(), parameter_count(tiny()));
}

}  // namespace
}  // namespace twin
