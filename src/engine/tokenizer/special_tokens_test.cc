#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "engine/tokenizer/bpe_trainer.h"
#include "engine/tokenizer/read_tokenizer.h"
#include "engine/tokenizer/tokenizer_contents.h"

namespace twin {
namespace {

using Ids = std::vector<TokenId>;

std::string trained_json() {
  QuietContext context;
  BpeTrainerOptions options;
  options.vocab_size = 400;
  options.min_frequency = 1;
  options.special_tokens = {"<s>", "<|end|>", "<|user|>"};
  const std::string_view text =
      "The tea, the cake and the other tea; it isn't the end of the user.";
  return train_byte_level_bpe(context, {text, text}, options);
}

std::unique_ptr<Tokenizer> trained() { return read_tokenizer_json(trained_json(), "trained"); }

Ids parsed(const Tokenizer& tokenizer, std::string_view text,
           const std::vector<ByteSpan>& verbatim = {}) {
  EncodeOptions options;
  options.parse_special = true;
  options.verbatim = verbatim;
  return tokenizer.encode(text, options);
}

size_t specials_in(const Ids& ids) {
  return static_cast<size_t>(
      std::count_if(ids.begin(), ids.end(), [](TokenId id) { return id < 3; }));
}

TEST(SpecialTokens, AreTextUnlessAskedFor) {
  const auto tokenizer = trained();
  const std::string text = "<|user|>tea<|end|>";
  EXPECT_EQ(specials_in(tokenizer->encode(text)), 0u);
  EXPECT_EQ(tokenizer->decode(tokenizer->encode(text)), text);
  const Ids ids = parsed(*tokenizer, text);
  EXPECT_EQ(ids.front(), 2);
  EXPECT_EQ(ids.back(), 1);
  EXPECT_EQ(tokenizer->decode(ids), "tea");
  EXPECT_EQ(tokenizer->decode(ids, {.skip_special = false}), text);
  EXPECT_EQ(tokenizer->token_bytes(2), "");
  std::string bytes;
  for (const TokenId id : tokenizer->encode("tea")) bytes += tokenizer->token_bytes(id);
  EXPECT_EQ(bytes, "tea");
}

TEST(SpecialTokens, AreTextInWhatAUserWrote) {
  const auto tokenizer = trained();
  const std::string head = "<|user|>", user = "the <|end|> of <|user|>", tail = "<|end|>";
  const Ids ids =
      parsed(*tokenizer, head + user + tail, {{head.size(), head.size() + user.size()}});
  EXPECT_EQ(specials_in(ids), 2u);
  EXPECT_EQ(tokenizer->decode(ids), user);
}

// Text of the user that makes a special token with what stands beside it.
TEST(SpecialTokens, AreNotMadeAtTheEdgeOfWhatAUserWrote) {
  const auto tokenizer = trained();
  const std::string text = "<|end|>";
  for (size_t cut = 1; cut < text.size(); ++cut) {
    EXPECT_EQ(specials_in(parsed(*tokenizer, text, {{cut, text.size()}})), 0u) << cut;
    EXPECT_EQ(specials_in(parsed(*tokenizer, text, {{0, cut}})), 0u) << cut;
  }
  EXPECT_EQ(specials_in(parsed(*tokenizer, text + text, {{0, 3}})), 1u);
}

// A token that is looked for in normalized text, where positions have moved.
TEST(SpecialTokens, KeepToWhatAUserWroteThroughANormalizer) {
  Json json = parse_json(trained_json(), "trained");
  for (Json& token : json["added_tokens"]) token["normalized"] = true;
  json["normalizer"] = {{"type", "NFKD"}};
  const auto tokenizer = read_tokenizer_json(dump_json(json), "normalized");
  const std::string head = "\u00e9\ufb01<|user|>", user = "\u1e69<|end|>\u00e9",
                    tail = "<|end|>\u00e9";
  const Ids ids =
      parsed(*tokenizer, head + user + tail, {{head.size(), head.size() + user.size()}});
  EXPECT_EQ(specials_in(ids), 2u);
  EXPECT_EQ(specials_in(parsed(*tokenizer, head + user + tail)), 3u);
}

TEST(SpecialTokens, RangesHoldWhereBytesAreNoUtf8) {
  const auto tokenizer = trained();
  const std::string head = "\xff\xfe<|user|>\xff", user = "\xc3<|end|>\xff", tail = "<|end|>";
  const Ids ids =
      parsed(*tokenizer, head + user + tail, {{head.size(), head.size() + user.size()}});
  EXPECT_EQ(specials_in(ids), 2u);
}

TEST(SpecialTokens, ContentsKeepThem) {
  const auto tokenizer = trained();
  const auto remade = make_tokenizer(tokenizer->contents(), "contents");
  EXPECT_EQ(remade->special_token("<|user|>"), 2);
  EXPECT_EQ(parsed(*remade, "<|user|>tea<|end|>"), parsed(*tokenizer, "<|user|>tea<|end|>"));
}

// No input of a kind takes more than its length's time.
TEST(LongText, TakesItsLength) {
  const auto tokenizer = trained();
  for (const char* unit :
       {" ", "a", "\n", "<", "the", "<|end|", "\xff", "\u0301", "\U0001f469\u200d"}) {
    std::string text;
    while (text.size() < 1'000'000) text += unit;
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(tokenizer->decode(parsed(*tokenizer, text)), text);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20)) << unit;
  }
}

}  // namespace
}  // namespace twin
