#include "engine/tokenizer/word_scanner.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "engine/tokenizer/regex.h"

namespace twin {
namespace {

using Pieces = std::vector<std::string>;

Pieces pieces_of(std::string_view text) {
  Pieces pieces;
  scan_words_of_bytes(WordPattern::kGpt2, text,
                      [&](std::string_view piece) { pieces.emplace_back(piece); });
  return pieces;
}

// The expected pieces are those of Hugging Face tokenizers 0.23, pre_tokenizers.ByteLevel.
TEST(WordScanner, CutsAsGpt2Does) {
  EXPECT_EQ(pieces_of(""), Pieces{});
  EXPECT_EQ(pieces_of("It's 2024, isn't it?"),
            (Pieces{"It", "'s", " 2024", ",", " isn", "'t", " it", "?"}));
  EXPECT_EQ(pieces_of("we'll WE'LL"), (Pieces{"we", "'ll", " WE", "'", "LL"}));
  EXPECT_EQ(pieces_of("a  b \n\n c\r\nd  "),
            (Pieces{"a", " ", " b", " \n\n", " c", "\r", "\n", "d", "  "}));
  EXPECT_EQ(pieces_of("abc123...DE"), (Pieces{"abc", "123", "...", "DE"}));
  EXPECT_EQ(pieces_of("naïve 漢字 x²"), (Pieces{"naïve", " 漢字", " x", "²"}));
  EXPECT_EQ(pieces_of("ok 👍🏽!"), (Pieces{"ok", " 👍🏽!"}));
}

// Unicode's White_Space and nothing else: PCRE2 itself would take in U+180E.
TEST(WordScanner, WhiteSpaceIsWhatUnicodeSaysItIs) {
  for (const char* space : {"\t", "\n", "\v", "\f", "\r", "\u0085", "\u00a0", "\u1680", "\u2000",
                            "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"}) {
    const std::string s = space;
    EXPECT_EQ(pieces_of("x" + s + s + "y"), (Pieces{"x", s, s, "y"})) << s;
  }
  for (const char* other : {"\u180e", "\u200b", "\u2060", "\ufeff", "\u001c"}) {
    const std::string s = other;
    EXPECT_EQ(pieces_of("x" + s + s + "y"), (Pieces{"x", s + s, "y"})) << s;
  }
}

TEST(WordScanner, ByteThatIsNotUtf8IsAPieceOfItsOwn) {
  EXPECT_EQ(pieces_of("ab\xff\xfe cd"), (Pieces{"ab", "\xff", "\xfe", " cd"}));
  EXPECT_EQ(pieces_of("é\xc3"), (Pieces{"é", "\xc3"})) << "a character cut off";
  EXPECT_EQ(pieces_of("\xc0\x80"), (Pieces{"\xc0", "\x80"})) << "longer than need be";
  EXPECT_EQ(pieces_of("\xed\xa0\x80"), (Pieces{"\xed", "\xa0", "\x80"})) << "a surrogate";
  EXPECT_EQ(pieces_of("\xf4\x90\x80\x80").size(), 4u) << "beyond U+10FFFF";
}

TEST(WordScanner, PiecesCoverAnyBytes) {
  Random random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string text(random.below(40), '\0');
    for (char& c : text) c = static_cast<char>(random.below(256));
    std::string joined;
    for (const std::string& piece : pieces_of(text)) {
      EXPECT_FALSE(piece.empty());
      joined += piece;
    }
    ASSERT_EQ(joined, text);
  }
}

TEST(WordScanner, LongRunsStayWhole) {
  for (const char* unit : {"a", "é", "7", "-", " ", "\n", "😀"}) {
    std::string run;
    for (int i = 0; i < 300'000; ++i) run += unit;
    EXPECT_EQ(pieces_of(run).size(), 1u) << unit;
  }
}

// Pieces as PCRE2 cuts them by the published expression.
Pieces pieces_by_expression(WordPattern pattern, std::string_view text) {
  Pieces pieces;
  const Regex regex(
      regular_expression(pattern), "pattern",
      pattern == WordPattern::kCl100k ? Regex::Syntax::kTiktoken : Regex::Syntax::kOniguruma);
  size_t done = 0;
  regex.for_each_match(text, [&](size_t begin, size_t end) {
    EXPECT_EQ(begin, done);
    pieces.emplace_back(text.substr(begin, end - begin));
    done = end;
  });
  EXPECT_EQ(done, text.size());
  return pieces;
}

class WordScannerOf : public ::testing::TestWithParam<WordPattern> {};

TEST_P(WordScannerOf, CutsAsTheExpressionDoes) {
  const std::vector<std::string> parts = {
      " ",      "  ",     "\n",      "\r\n",   "\t",     "'",          "'s",     "'S",
      "'LL",    "'ve",    "'\u017f", "a",      "Zq",     "\u00e9",     "\u6f22", "1",
      "22",     "\u0663", "\u00b2",  "\u2167", ".",      "--",         "\u2014", "\u0301",
      "\u00a0", "\u3000", "\u2028",  "\u0085", "\u180e", "\U0001f44d", "_",      "\u0915\u094d",
      "<|",     "\ufffd", "\x01",    "e"};
  Random random(static_cast<uint64_t>(GetParam()) + 1);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const size_t length = random.below(12);
    for (size_t i = 0; i < length; ++i) text += parts[random.below(parts.size())];
    Pieces scanned;
    scan_words(GetParam(), text, [&](std::string_view piece) { scanned.emplace_back(piece); });
    ASSERT_EQ(scanned, pieces_by_expression(GetParam(), text)) << text;
  }
}

TEST_P(WordScannerOf, LongRunsTakeTheirLength) {
  for (const char* unit : {" ", "\n", "\n ", "a", "a ", "'", "1", "-\n", "\u3000"}) {
    std::string run;
    while (run.size() < 1'000'000) run += unit;
    size_t bytes = 0;
    scan_words(GetParam(), run, [&](std::string_view piece) { bytes += piece.size(); });
    EXPECT_EQ(bytes, run.size());
  }
}

INSTANTIATE_TEST_SUITE_P(WordScanner, WordScannerOf,
                         ::testing::Values(WordPattern::kGpt2, WordPattern::kLlama3,
                                           WordPattern::kQwen2, WordPattern::kCl100k));

}  // namespace
}  // namespace twin
