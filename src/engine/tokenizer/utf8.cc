#include "engine/tokenizer/utf8.h"

#include <cstdint>
#include <cstring>

namespace twin {

size_t valid_prefix(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    uint64_t eight = 0;
    if (text.size() - at >= sizeof eight) {  // eight ASCII bytes at a time
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if ((eight & 0x8080808080808080u) == 0) {
        at += sizeof eight;
        continue;
      }
    }
    const size_t length = valid_character(text.data() + at, text.size() - at);
    if (length == 0) break;
    at += length;
  }
  return at;
}

std::string replace_invalid(std::string_view text) {
  std::string valid;
  while (true) {
    const size_t length = valid_prefix(text);
    valid += text.substr(0, length);
    if (length == text.size()) return valid;
    valid += "\xef\xbf\xbd";
    text.remove_prefix(length + 1);
  }
}

void append_character(char32_t c, std::string& text) {
  const auto put = [&](char32_t byte) { text += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

}  // namespace twin
