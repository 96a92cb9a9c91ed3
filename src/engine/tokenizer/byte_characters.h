#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace twin {

// GPT-2's spelling of bytes as printable characters, so that any byte string can stand in a JSON
// vocabulary: printable Latin-1 bytes are themselves, the others U+0100 and up in order.
// Source: github.com/openai/gpt-2, encoder.py, bytes_to_unicode.
const std::string& character_of_byte(unsigned char byte);
std::string spell_bytes(std::string_view bytes);
// Nothing where `spelled` holds a character that stands for no byte.
std::optional<std::string> unspell_bytes(std::string_view spelled);

}  // namespace twin
