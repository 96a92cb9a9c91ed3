#include "engine/tokenizer/byte_characters.h"

#include <cstdint>

namespace twin {
namespace {

bool stands_for_itself(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) ||
         (byte >= 0xae && byte <= 0xff);
}

struct Tables {
  std::array<std::string, 256> character;
  std::array<int, 512> byte;  // by code point, -1: none

  Tables() {
    byte.fill(-1);
    int next = 256;
    for (int b = 0; b < 256; ++b) {
      const int code = stands_for_itself(b) ? b : next++;
      byte[static_cast<size_t>(code)] = b;
      std::string& text = character[static_cast<size_t>(b)];
      if (code < 0x80) {
        text += static_cast<char>(code);
      } else {  // all are below U+0800: two bytes of UTF-8
        text += static_cast<char>(0xc0 | (code >> 6));
        text += static_cast<char>(0x80 | (code & 0x3f));
      }
    }
  }
};

const Tables& tables() {
  static const Tables made;
  return made;
}

}  // namespace

const std::string& character_of_byte(unsigned char byte) { return tables().character[byte]; }

std::string spell_bytes(std::string_view bytes) {
  std::string spelled;
  for (char c : bytes) spelled += character_of_byte(static_cast<unsigned char>(c));
  return spelled;
}

std::optional<std::string> unspell_bytes(std::string_view spelled) {
  std::string bytes;
  for (size_t i = 0; i < spelled.size(); ++i) {
    auto code = static_cast<uint32_t>(static_cast<unsigned char>(spelled[i]));
    if (code >= 0x80) {
      if (code < 0xc0 || code >= 0xe0 || i + 1 == spelled.size()) return std::nullopt;
      code = ((code & 0x1f) << 6) | (static_cast<unsigned char>(spelled[++i]) & 0x3f);
    }
    const int byte = code < 512 ? tables().byte[code] : -1;
    if (byte < 0) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

}  // namespace twin
