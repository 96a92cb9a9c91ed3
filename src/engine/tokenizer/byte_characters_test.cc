#include "engine/tokenizer/byte_characters.h"

#include <gtest/gtest.h>

#include <set>

namespace twin {
namespace {

TEST(ByteCharacters, EveryByteHasACharacterOfItsOwn) {
  std::set<std::string> seen;
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    seen.insert(character_of_byte(static_cast<unsigned char>(byte)));
    all += static_cast<char>(byte);
  }
  EXPECT_EQ(seen.size(), 256u);
  EXPECT_EQ(unspell_bytes(spell_bytes(all)), all);
}

// Source: bytes_to_unicode() of GPT-2's encoder.py.
TEST(ByteCharacters, SpelledAsGpt2Does) {
  EXPECT_EQ(spell_bytes(" a\n\t~!"), "ĠaĊĉ~!");
  EXPECT_EQ(spell_bytes("é"), "Ã©");
  EXPECT_EQ(spell_bytes(std::string("\x00\x7f\x80\xa0\xad\xff", 6)), "ĀġĢłŃÿ");
}

TEST(ByteCharacters, CharactersThatStandForNoByteAreRefused) {
  for (const char* spelled : {" ", "\n", "\x7f", "漢", "😀", "\xc5\x84", "a\xc3", "\xa1", "\xff"}) {
    EXPECT_EQ(unspell_bytes(spelled), std::nullopt) << spelled;
  }
  EXPECT_EQ(unspell_bytes(""), "");
}

}  // namespace
}  // namespace twin
