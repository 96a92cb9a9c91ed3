#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/byte_range.h"

namespace twin {

// One code point of a UTF-8 text. An invalid byte is a code point of its own: U+FFFD, one byte
// long.
struct CodePoint {
  char32_t value = 0;
  size_t bytes = 0;
};
// Requires position < text.size().
CodePoint code_point_at(std::string_view text, size_t position);

bool is_valid_utf8(std::string_view text);
// The text with U+FFFD for each byte that is not part of valid UTF-8.
std::string replace_invalid_utf8(std::string_view text);
void append_utf8(std::string& text, char32_t code_point);

// Unicode general categories, by utf8proc.
bool is_letter(char32_t c);       // L*
bool is_mark(char32_t c);         // M*
bool is_digit(char32_t c);        // Nd
bool is_space(char32_t c);        // Zs, Zl, Zp and the ASCII ones
bool is_punctuation(char32_t c);  // P*
bool is_upper(char32_t c);
char32_t to_lower(char32_t c);

// Lower case, code point by code point; invalid bytes stay.
std::string lower(std::string_view text);
// NFKC with case folding, for comparing and searching, never for storing: "𝗥𝗔𝗚" -> "rag".
std::string fold(std::string_view text);

// Letters without their accents, for comparing: "Müller" -> "Muller". Invalid UTF-8 stays.
std::string without_accents(std::string_view text);

// Words: runs of letters, marks and digits, with apostrophes (' and ’) and hyphens inside them.
// "don’t", "state-of-the-art", "8B". Ranges into `text`, in order.
std::vector<ByteRange> words(std::string_view text);

}  // namespace twin
