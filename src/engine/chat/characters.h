#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Python's view of a string, characters rather than bytes, over UTF-8. A byte that is no part of
// valid UTF-8 counts as one character and is kept as it is.
namespace twin::chat {

struct Character {
  uint32_t code = 0;  // 0xDC80..0xDCFF stands for a byte that is not UTF-8
  size_t bytes = 1;
};

// The character that begins at `position`, which must be inside the text.
Character character_at(std::string_view text, size_t position);
// The beginning of the character that ends at `end` > 0.
size_t character_before(std::string_view text, size_t end);
size_t count_characters(std::string_view text);
// The byte at which the character of that index begins; text.size() if there are fewer.
size_t byte_of_character(std::string_view text, size_t index);
void append_utf8(std::string& text, uint32_t code);

// As str.isspace, str.isprintable and the like judge one character.
bool is_space(uint32_t code);
bool is_line_break(uint32_t code);
bool is_printable(uint32_t code);
bool is_letter(uint32_t code);
bool is_decimal(uint32_t code);
bool is_digit(uint32_t code);
bool is_numeric(uint32_t code);
bool is_upper(uint32_t code);
bool is_lower(uint32_t code);
bool is_title(uint32_t code);
// Letters, digits, marks and connectors: what \w matches.
bool is_word(uint32_t code);

// Full case mapping (one character may become up to three), but for the final sigma, which depends
// on its neighbours and is the caller's matter.
void append_upper(std::string& text, uint32_t code);
void append_lower(std::string& text, uint32_t code);
void append_title(std::string& text, uint32_t code);

}  // namespace twin::chat
