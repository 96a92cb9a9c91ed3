#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace twin {

// Length of the valid UTF-8 character at the start of [p, p + left), or 0. Requires left > 0.
// Source: RFC 3629, section 4.
inline size_t valid_character(const char* text, size_t left) {
  const auto* p = reinterpret_cast<const unsigned char*>(text);
  const auto continues = [&](size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return i < left && p[i] >= low && p[i] <= high;
  };
  if (p[0] < 0x80) return 1;
  if (p[0] >= 0xc2 && p[0] <= 0xdf) return continues(1) ? 2 : 0;
  if (p[0] >= 0xe0 && p[0] <= 0xef) {
    const unsigned low = p[0] == 0xe0 ? 0xa0 : 0x80, high = p[0] == 0xed ? 0x9f : 0xbf;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (p[0] >= 0xf0 && p[0] <= 0xf4) {
    const unsigned low = p[0] == 0xf0 ? 0x90 : 0x80, high = p[0] == 0xf4 ? 0x8f : 0xbf;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

// Bytes at the start of `text` that are valid UTF-8.
size_t valid_prefix(std::string_view text);

// The text with U+FFFD for each byte that is not part of valid UTF-8.
std::string replace_invalid(std::string_view text);

// How many bytes the character has that begins with `lead`. Requires valid UTF-8.
inline size_t character_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

// The character at `p`. Requires valid UTF-8.
inline char32_t character_at(const char* p) {
  const auto byte = [p](size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(p[i]));
  };
  switch (character_length(*p)) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1f) << 6 | (byte(1) & 0x3f);
    case 3:
      return (byte(0) & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
    default:
      return (byte(0) & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 |
             (byte(3) & 0x3f);
  }
}

void append_character(char32_t c, std::string& text);

// The characters of a valid text, each as its bytes: for (std::string_view c : Characters(text)).
class Characters {
 public:
  explicit Characters(std::string_view text) : text_(text) {}
  class Iterator {
   public:
    explicit Iterator(const char* at) : at_(at) {}
    std::string_view operator*() const { return {at_, character_length(*at_)}; }
    Iterator& operator++() {
      at_ += character_length(*at_);
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    const char* at_;
  };
  Iterator begin() const { return Iterator(text_.data()); }
  Iterator end() const { return Iterator(text_.data() + text_.size()); }

 private:
  std::string_view text_;
};

}  // namespace twin
