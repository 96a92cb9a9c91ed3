#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "engine/tokenizer/utf8.h"

namespace twin {

// What tokenizers ask of a character: bits of a class.
inline constexpr uint8_t kLetterClass = 1;        // L*
inline constexpr uint8_t kNumberClass = 2;        // N*
inline constexpr uint8_t kSpaceClass = 4;         // White_Space
inline constexpr uint8_t kMarkClass = 8;          // M*
inline constexpr uint8_t kNonspacingClass = 16;   // Mn
inline constexpr uint8_t kPunctuationClass = 32;  // P*
inline constexpr uint8_t kControlClass = 64;      // Cc, Cf, Co
inline constexpr uint8_t kConnectorClass = 128;   // Pc
inline constexpr uint8_t kWordOrSpaceClass = kLetterClass | kNumberClass | kSpaceClass;

// One class a code point, made at first use from utf8proc's tables and what the published packages
// know better. 1.1 MB, of which a text in few scripts touches little.
struct CharacterClasses {
  static constexpr size_t kCodePoints = 0x110000;
  std::array<uint8_t, kCodePoints> of;
};
const CharacterClasses& character_classes();

// Appends the lower case of a character.
void lowercase(char32_t c, std::string& text);

}  // namespace twin
