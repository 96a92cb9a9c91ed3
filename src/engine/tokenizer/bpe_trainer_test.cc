#include "engine/tokenizer/bpe_trainer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "base/random.h"
#include "engine/tokenizer/read_tokenizer.h"

namespace twin {
namespace {

std::string train(const std::vector<std::string_view>& texts, const BpeTrainerOptions& options,
                  size_t threads = 1) {
  QuietContext context(threads);
  return train_byte_level_bpe(context, texts, options);
}

std::vector<std::pair<std::string, std::string>> merges_of(const std::string& tokenizer) {
  std::vector<std::pair<std::string, std::string>> merges;
  const Json json = parse_json(tokenizer, "trained");
  for (const Json& merge : json["model"]["merges"]) {
    merges.emplace_back(merge[0], merge[1]);
  }
  return merges;
}

// Words of three letters out of four, each its own distance from a space, as often as `seed` says.
std::string babble(uint64_t seed, size_t words) {
  Random random(seed);
  std::string text;
  for (size_t i = 0; i < words; ++i) {
    text += i % 11 == 0 ? "\n" : " ";
    for (uint64_t c = random.below(9); c < 9; ++c) text += "abcd"[random.below(1 + c % 4)];
  }
  return text;
}

// The example of Sennrich et al. 2016, figure 1, without its end-of-word mark: counts are
// es 9, st 9, lo 7, ow 7, we 8 ...; ties go to the lower ids.
TEST(BpeTrainer, MergesTheMostFrequentPairFirst) {
  std::vector<std::string_view> texts;
  texts.insert(texts.end(), 5, "low");
  texts.insert(texts.end(), 2, "lower");
  texts.insert(texts.end(), 6, "newest");
  texts.insert(texts.end(), 3, "widest");
  BpeTrainerOptions options;
  options.vocab_size = 256 + 5;
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"e", "s"}, {"es", "t"}, {"l", "o"}, {"lo", "w"}, {"e", "w"}};
  EXPECT_EQ(merges_of(train(texts, options)), expected);
}

TEST(BpeTrainer, NothingRarerThanMinFrequencyIsMerged) {
  BpeTrainerOptions options;
  EXPECT_TRUE(merges_of(train({"abc"}, options)).empty());
  options.min_frequency = 3;
  EXPECT_TRUE(merges_of(train({"ab ab"}, options)).empty());
  options.min_frequency = 1;
  EXPECT_EQ(merges_of(train({"abc"}, options)).size(), 2u);
  EXPECT_TRUE(merges_of(train({}, options)).empty());
}

TEST(BpeTrainer, SameTextsGiveTheSameBytes) {
  const std::string a = babble(1, 3000), b = babble(2, 3000);
  BpeTrainerOptions options;
  options.vocab_size = 500;
  options.special_tokens = {"<|end|>"};
  const std::string first = train({a, b}, options);
  EXPECT_EQ(train({a, b}, options), first);
  EXPECT_EQ(train({a, b}, options, 3), first) << "whatever the threads";
  const std::string a_again = a, b_again = b;
  EXPECT_EQ(train({a_again, b_again}, options), first) << "wherever the texts lie";
}

// Counts kept up to date merge by merge must be what counting anew would give.
TEST(BpeTrainer, CountsStayTrueFromMergeToMerge) {
  const std::string text = babble(3, 400) + " aaaaaaa aaaaaaaaaaaaaaaa abababababa";
  BpeTrainerOptions options;
  options.vocab_size = 256 + 60;
  const std::string trained = train({text}, options);
  const auto merges = merges_of(trained);
  ASSERT_EQ(merges.size(), 60u);
  for (size_t known = 0; known < merges.size(); ++known) {
    // A tokenizer with the first `known` merges; what would the next one be?
    OrderedJson json = parse_ordered_json(trained, "trained");
    auto& list = json["model"]["merges"];
    list.erase(list.begin() + static_cast<ptrdiff_t>(known), list.end());
    const auto tokenizer = read_tokenizer_json(dump_json(json), "cut");
    std::map<std::pair<TokenId, TokenId>, int> counts;
    for (size_t begin = 0, end; begin < text.size(); begin = end) {  // a word with its space
      end = std::min(text.find_first_of(" \n", begin + 1), text.size());
      const bool after_newline = text[begin] == '\n';
      const auto ids = tokenizer->encode(
          std::string_view(text).substr(begin, end - begin).substr(after_newline));
      for (size_t i = 0; i + 1 < ids.size(); ++i) ++counts[{ids[i], ids[i + 1]}];
    }
    const auto best = std::max_element(counts.begin(), counts.end(),
                                       [](auto& x, auto& y) { return x.second < y.second; });
    const auto [left, right] = best->first;
    const auto& vocab = json["model"]["vocab"];
    EXPECT_EQ(vocab[merges[known].first], left) << known;
    EXPECT_EQ(vocab[merges[known].second], right) << known;
  }
}

TEST(BpeTrainer, SpecialTokensTakeTheFirstIds) {
  BpeTrainerOptions options;
  options.vocab_size = 300;
  options.special_tokens = {"<|end|>", "<|user|>", "</s>"};
  const std::string text = "banana </s> <|end|> banana </s> <|end|> bananas";
  const auto tokenizer = read_tokenizer_json(train({text}, options), "trained");
  EXPECT_EQ(tokenizer->special_token("<|end|>"), 0);
  EXPECT_EQ(tokenizer->special_token("<|user|>"), 1);
  EXPECT_EQ(tokenizer->special_token("</s>"), 2);
  EXPECT_EQ(tokenizer->special_token("banana"), std::nullopt);
  for (TokenId id : tokenizer->encode(text)) EXPECT_GE(id, 3) << "in text they are text";
  EXPECT_EQ(tokenizer->decode(tokenizer->encode(text)), text);
}

TEST(BpeTrainer, OptionsThatCannotWorkAreRefused) {
  const auto refused = [](const BpeTrainerOptions& options) {
    try {
      train({"text"}, options);
      return false;
    } catch (const Error& error) {
      return error.code() == ErrorCode::kUsage;
    }
  };
  EXPECT_TRUE(refused({.vocab_size = 255, .special_tokens = {}}));
  EXPECT_TRUE(refused({.vocab_size = 257, .special_tokens = {"<|a|>", "<|b|>"}}));
  EXPECT_FALSE(refused({.vocab_size = 258, .special_tokens = {"<|a|>", "<|b|>"}}));
  EXPECT_TRUE(refused({.special_tokens = {"<|a|>", "<|a|>"}}));
  for (const char* learnable : {"", "a", "END", "Ġthe", "Ġ,", "...", "<>"}) {
    EXPECT_TRUE(refused({.special_tokens = {learnable}})) << learnable;
  }
}

TEST(BpeTrainer, InterruptionStopsIt) {
  QuietContext quiet;
  const Context& parts = quiet.context();
  const std::atomic<bool> interrupted = true;
  Context context{parts.threads, parts.log, parts.progress, parts.clock, interrupted};
  try {
    train_byte_level_bpe(context, {"banana banana"}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInterrupted);
  }
}

}  // namespace
}  // namespace twin
