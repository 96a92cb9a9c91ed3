#include "engine/tokenizer/read_tokenizer.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "base/random.h"
#include "engine/tokenizer/bpe_trainer.h"

namespace twin {
namespace {

const std::string kText =
    "The café's menu — “crème brûlée” and naïve tea — costs 12,50 €.\r\n\tIt isn't cheap, is it? "
    "👩🏽‍🍳👍 日本語のテキスト。\n\n\n"
    "Two spaces,  then three lines; the café's menu isn't the tea's.";

std::string trained(size_t vocab_size) {
  QuietContext context;
  BpeTrainerOptions options;
  options.vocab_size = vocab_size;
  options.min_frequency = 1;
  options.special_tokens = {"<s>", "<|end|>", "<|user|>"};
  return train_byte_level_bpe(context, {kText, kText}, options);
}

void expect_round_trip(const Tokenizer& tokenizer, std::string_view text) {
  const auto ids = tokenizer.encode(text);
  for (TokenId id : ids) {
    ASSERT_GE(id, 0);
    ASSERT_LT(static_cast<size_t>(id), tokenizer.vocab_size());
  }
  ASSERT_EQ(tokenizer.decode(ids), text);
}

class VocabularyOf : public ::testing::TestWithParam<size_t> {
 protected:
  std::unique_ptr<Tokenizer> tokenizer_ = read_tokenizer_json(trained(GetParam()), "trained");
};

TEST_P(VocabularyOf, TextsComeBackByteForByte) {
  std::vector<std::string> texts = {"",    " ",          "\r\n",        "\n\r\n ",
                                    kText, "<|end|><s>", "\xef\xbb\xbf"};
  texts.push_back(std::string("a\0b\0", 4));
  texts.push_back("\xff\xfe\xc3 caf\xe9 \xed\xa0\x80 \xf0\x9f\x91");
  texts.push_back(kText.substr(0, 5) + kText.substr(6));  // a character cut through
  texts.push_back(std::string(5000, ' ') + std::string(5000, 'a'));
  for (const std::string& text : texts) expect_round_trip(*tokenizer_, text);
}

TEST_P(VocabularyOf, AnyBytesComeBack) {
  Random random(GetParam());
  for (int round = 0; round < 1000; ++round) {
    std::string text;
    const size_t length = random.below(80);
    while (text.size() < length) {
      // Bytes of all kinds between stretches of what it was trained on.
      if (random.below(3) == 0) {
        const size_t begin = random.below(kText.size());
        text += kText.substr(begin, random.below(20));
      } else {
        text += static_cast<char>(random.below(256));
      }
    }
    expect_round_trip(*tokenizer_, text);
  }
}

INSTANTIATE_TEST_SUITE_P(ByteLevelBpe, VocabularyOf, ::testing::Values(259, 280, 320, 4096));

TEST(ByteLevelBpe, LongPieceTakesTheTimeOfALongPiece) {
  const auto tokenizer = read_tokenizer_json(trained(4096), "trained");
  std::string word;
  while (word.size() < 400'000) word += "isntthetea";
  expect_round_trip(*tokenizer, word);
}

TEST(ByteLevelBpe, LargerVocabularyMeansFewerTokens) {
  EXPECT_EQ(read_tokenizer_json(trained(259), "bytes")->encode(kText).size(), kText.size());
  EXPECT_LT(read_tokenizer_json(trained(4096), "words")->encode(kText).size(), kText.size() / 2);
}

TEST(ByteLevelBpe, SpecialTokensAreKnownByNameAndLeftOutOfText) {
  const auto tokenizer = read_tokenizer_json(trained(300), "trained");
  EXPECT_EQ(tokenizer->special_token("<s>"), 0);
  EXPECT_EQ(tokenizer->special_token("<|user|>"), 2);
  EXPECT_EQ(tokenizer->special_token("<|assistant|>"), std::nullopt);
  EXPECT_EQ(tokenizer->special_token("a"), std::nullopt);
  EXPECT_EQ(tokenizer->bos_token_id(), 0);
  EXPECT_EQ(tokenizer->eos_token_id(), 1);
  std::vector<TokenId> ids = tokenizer->encode("tea");
  ids.insert(ids.begin(), {0, 2});
  ids.push_back(1);
  EXPECT_EQ(tokenizer->decode(ids), "tea");
}

TEST(ByteLevelBpe, IdsOutsideTheVocabularyAreRefused) {
  const auto tokenizer = read_tokenizer_json(trained(300), "trained");
  ASSERT_EQ(tokenizer->vocab_size(), 300u);
  for (TokenId id : {-1, 300, INT32_MAX, INT32_MIN}) {
    const TokenId ids[] = {5, id};
    EXPECT_THROW(tokenizer->decode(ids), Error) << id;
  }
}

// As Hugging Face: in front of the text alone, and not where there is one.
TEST(ByteLevelBpe, PrefixSpaceIsPutWhereTheFileAsksForIt) {
  Json json = parse_json(trained(300), "trained");
  const auto plain = read_tokenizer_json(dump_json(json), "plain");
  json["pre_tokenizer"]["add_prefix_space"] = true;
  const auto prefixed = read_tokenizer_json(dump_json(json), "prefixed");
  EXPECT_EQ(prefixed->encode("tea"), plain->encode(" tea"));
  EXPECT_EQ(prefixed->encode(" tea"), plain->encode(" tea"));
  EXPECT_TRUE(prefixed->encode("").empty());
}

TEST(ByteLevelBpe, FingerprintIsOfTheWholeFile) {
  const std::string json = trained(300);
  EXPECT_EQ(read_tokenizer_json(json, "a")->fingerprint(),
            read_tokenizer_json(json, "b")->fingerprint());
  EXPECT_NE(read_tokenizer_json(json, "a")->fingerprint(),
            read_tokenizer_json(trained(301), "a")->fingerprint());
}

// Older files write a merge as one string.
TEST(ByteLevelBpe, MergesAsStringsAreTheSame) {
  Json json = parse_json(trained(400), "trained");
  const auto pairs = read_tokenizer_json(dump_json(json), "pairs");
  for (Json& merge : json["model"]["merges"]) {
    merge = merge[0].get<std::string>() + ' ' + merge[1].get<std::string>();
  }
  const auto strings = read_tokenizer_json(dump_json(json), "strings");
  EXPECT_EQ(strings->encode(kText), pairs->encode(kText));
}

TEST(ByteLevelBpe, FileThatIsNotOneIsRefusedByName) {
  std::vector<std::string> files = {"",        "{",  "[]",   "null",
                                    "\"BPE\"", "{}", "\xff", "{\"model\": 1}"};
  files.push_back(trained(300).substr(0, 3000));
  files.push_back(std::string(100'000, '['));
  for (const std::string& file : files) {
    try {
      read_tokenizer_json(file, "some/tokenizer.json");
      ADD_FAILURE() << file.substr(0, 50);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      EXPECT_EQ(std::string(error.what()).find("some/tokenizer.json: "), 0u) << error.what();
    }
  }
}

struct Spoiled {
  const char* name;
  std::function<void(Json&)> spoil;
};
void PrintTo(const Spoiled& spoiled, std::ostream* out) { *out << spoiled.name; }

class SpoiledFile : public ::testing::TestWithParam<Spoiled> {};

TEST_P(SpoiledFile, IsRefused) {
  Json json = parse_json(trained(300), "trained");
  ASSERT_NO_THROW(read_tokenizer_json(dump_json(json), "sound"));
  GetParam().spoil(json);
  try {
    read_tokenizer_json(dump_json(json), "spoiled");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput) << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(
    ByteLevelBpe, SpoiledFile,
    ::testing::Values(
        Spoiled{"WordLevel", [](Json& j) { j["model"]["type"] = "WordLevel"; }},
        Spoiled{"NoModel", [](Json& j) { j.erase("model"); }},
        Spoiled{"Normalizer",
                [](Json& j) {
                  j["normalizer"] = {{"type", "Rot13"}};
                }},
        Spoiled{"EndOfWord", [](Json& j) { j["model"]["end_of_word_suffix"] = "</w>"; }},
        Spoiled{"Subword", [](Json& j) { j["model"]["continuing_subword_prefix"] = "##"; }},
        Spoiled{"AddedNotAList", [](Json& j) { j["added_tokens"] = "<s>"; }},
        Spoiled{"AddedNotAnObject", [](Json& j) { j["added_tokens"][0] = 7; }},
        Spoiled{"AddedWithoutId", [](Json& j) { j["added_tokens"][0].erase("id"); }},
        Spoiled{"AddedTakesAnId", [](Json& j) { j["added_tokens"][0]["id"] = 50; }},
        Spoiled{"NoVocabulary", [](Json& j) { j["model"].erase("vocab"); }},
        Spoiled{"VocabularyList", [](Json& j) { j["model"]["vocab"] = Json::array({"a"}); }},
        Spoiled{"ByteMissing", [](Json& j) { j["model"]["vocab"].erase("Ā"); }},
        Spoiled{"NegativeId", [](Json& j) { j["model"]["vocab"]["a"] = -1; }},
        Spoiled{"FractionId", [](Json& j) { j["model"]["vocab"]["a"] = 70.5; }},
        Spoiled{"TextId", [](Json& j) { j["model"]["vocab"]["a"] = "70"; }},
        Spoiled{"HugeId", [](Json& j) { j["model"]["vocab"]["a"] = uint64_t{1} << 40; }},
        Spoiled{"IdTwice", [](Json& j) { j["model"]["vocab"]["a"] = j["model"]["vocab"]["b"]; }},
        Spoiled{"NoBytes", [](Json& j) { j["model"]["vocab"]["漢"] = 299; }},
        Spoiled{"EmptyToken", [](Json& j) { j["model"]["vocab"][""] = 299; }},
        Spoiled{"NoMerges", [](Json& j) { j["model"].erase("merges"); }},
        Spoiled{"MergeOfOne", [](Json& j) { j["model"]["merges"][0] = "a"; }},
        Spoiled{"MergeOfThree",
                [](Json& j) {
                  j["model"]["merges"][0] = {"a", "b", "c"};
                }},
        Spoiled{"MergeOfNumbers",
                [](Json& j) {
                  j["model"]["merges"][0] = {1, 2};
                }},
        Spoiled{"MergeOfUnknown", [](Json& j) { j["model"]["merges"][0] = "a zq"; }},
        Spoiled{"MergeToUnknown", [](Json& j) { j["model"]["merges"][0] = "z q"; }},
        Spoiled{"MergeOfSpecial", [](Json& j) { j["model"]["merges"][0] = "<s> a"; }}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace twin
