#include "text/unicode.h"

#include <gtest/gtest.h>

#include "text/test_texts.h"

namespace twin {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> found;
  for (const ByteRange& range : words(text)) found.emplace_back(slice(text, range));
  return found;
}

TEST(Unicode, CodePointsHaveTheirValueAndLength) {
  const std::string text = "aé字🙂";
  EXPECT_EQ(code_point_at(text, 0).value, U'a');
  EXPECT_EQ(code_point_at(text, 1).value, U'é');
  EXPECT_EQ(code_point_at(text, 1).bytes, 2u);
  EXPECT_EQ(code_point_at(text, 3).value, U'字');
  EXPECT_EQ(code_point_at(text, 6).value, U'🙂');
  EXPECT_EQ(code_point_at(text, 6).bytes, 4u);
}

TEST(Unicode, AnInvalidByteIsOneReplacementCharacter) {
  for (const std::string& text :
       {std::string("\xff"), std::string("\x80"), std::string("\xe2\x82"), std::string("\xc0\xaf"),
        std::string("\xed\xa0\x80"), std::string("\xf4\x90\x80\x80"), std::string("\xf0\x9f")}) {
    const CodePoint c = code_point_at(text, 0);
    EXPECT_EQ(c.value, 0xfffdu);
    EXPECT_EQ(c.bytes, 1u);
    EXPECT_FALSE(is_valid_utf8("good " + text + " good"));
  }
  EXPECT_TRUE(is_valid_utf8("\xef\xbf\xbd")) << "a real U+FFFD is no error";
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_TRUE(is_valid_utf8(std::string_view("\0a", 2)));
}

TEST(Unicode, EveryCodePointIsWrittenAsItIsRead) {
  for (char32_t c = 0; c < 0x110000; c += c < 0x3000 ? 1 : 97) {
    if (c >= 0xd800 && c < 0xe000) continue;
    std::string text;
    append_utf8(text, c);
    ASSERT_EQ(code_point_at(text, 0).value, c);
    ASSERT_EQ(code_point_at(text, 0).bytes, text.size());
  }
}

TEST(Unicode, CategoriesAreThoseOfUnicode) {
  EXPECT_TRUE(is_letter(U'ß') && is_letter(U'字') && !is_letter(U'1') && !is_letter(U'-'));
  EXPECT_TRUE(is_mark(0x301) && !is_mark(U'a'));
  EXPECT_TRUE(is_digit(U'7') && is_digit(U'٣') && !is_digit(U'½'));
  EXPECT_TRUE(is_space(U' ') && is_space(U'\n') && is_space(0xa0) && is_space(0x3000));
  EXPECT_FALSE(is_space(0x200b));
  EXPECT_TRUE(is_punctuation(U'—') && is_punctuation(U'。') && !is_punctuation(U'$'));
  EXPECT_TRUE(is_upper(U'É') && !is_upper(U'é'));
}

TEST(Unicode, LowerKeepsWhatHasNoCaseAndBrokenBytes) {
  EXPECT_EQ(lower("ÉCOLE Straße 8B\xff!"), "école straße 8b\xff!");
}

TEST(Unicode, FoldMakesComparableWhatReadsAlike) {
  EXPECT_EQ(fold("𝗥𝗔𝗚"), "rag");
  EXPECT_EQ(fold("Straße"), fold("STRASSE"));
  EXPECT_EQ(fold("e\u0301"), fold("É"));
  EXPECT_EQ(fold("ﬁne"), "fine");
  EXPECT_EQ(fold("ＡＢＣ　１"), "abc 1");
  EXPECT_EQ(fold("Don’t\xff"), "don’t\xff") << "broken text is lowered only";
  EXPECT_EQ(fold(""), "");
}

TEST(Unicode, WordsHoldInnerApostrophesAndHyphens) {
  EXPECT_EQ(words_of("Don't panic, it’s state-of-the-art: 8B!"),
            (std::vector<std::string>{"Don't", "panic", "it’s", "state-of-the-art", "8B"}));
  EXPECT_EQ(words_of("'quoted' -dash- rock 'n' roll-"),
            (std::vector<std::string>{"quoted", "dash", "rock", "n", "roll"}));
  EXPECT_EQ(words_of("a--b don''t"), (std::vector<std::string>{"a", "b", "don", "t"}));
}

TEST(Unicode, WordsAreOfAnyScript) {
  EXPECT_EQ(
      words_of("Žluťoučký kůň, हिन्दी ٣٤ 日本語。e\u0301te\u0301"),
      (std::vector<std::string>{"Žluťoučký", "kůň", "हिन्दी", "٣٤", "日本語", "e\u0301te\u0301"}));
  EXPECT_EQ(words_of("a\xff"
                     "b"),
            (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(words_of(" \n…—!").empty());
}

TEST(Unicode, WordsOfAnyBytesAreInOrderAndApart) {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = test::random_text(random, 40);
    size_t end = 0;
    for (const ByteRange& word : words(text)) {
      ASSERT_GE(word.begin, end);
      ASSERT_GT(word.end, word.begin);
      ASSERT_TRUE(is_valid_utf8(slice(text, word)));
      end = word.end;
    }
    ASSERT_LE(end, text.size());
    fold(text);
  }
}

}  // namespace
}  // namespace twin
