#include "engine/tokenizer/word_scanner.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"

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

}  // namespace
}  // namespace twin
