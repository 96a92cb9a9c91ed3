#include "text/unicode.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>
#include <optional>

namespace twin {
namespace {

constexpr char32_t kReplacement = 0xfffd;

utf8proc_category_t category(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

bool is_ascii(std::string_view text) {
  for (char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Nothing where the text is not valid UTF-8.
std::optional<std::string> mapped(std::string_view text, int options) {
  utf8proc_uint8_t* bytes = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &bytes,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | options));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(bytes, std::free);
  if (size < 0) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
}

}  // namespace

CodePoint code_point_at(std::string_view text, size_t position) {
  const auto first = static_cast<unsigned char>(text[position]);
  if (first < 0x80) return {first, 1};
  utf8proc_int32_t value = 0;
  const utf8proc_ssize_t bytes =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + position),
                       static_cast<utf8proc_ssize_t>(text.size() - position), &value);
  if (bytes <= 0) return {kReplacement, 1};
  return {static_cast<char32_t>(value), static_cast<size_t>(bytes)};
}

bool is_valid_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      ++i;
      continue;
    }
    const CodePoint c = code_point_at(text, i);
    if (c.value == kReplacement && c.bytes == 1) return false;
    i += c.bytes;
  }
  return true;
}

void append_utf8(std::string& text, char32_t code_point) {
  utf8proc_uint8_t bytes[4];
  const utf8proc_ssize_t count =
      utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(count));
}

std::string replace_invalid_utf8(std::string_view text) {
  if (is_valid_utf8(text)) return std::string(text);
  std::string valid;
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = code_point_at(text, i);
    append_utf8(valid, c.value);
    i += c.bytes;
  }
  return valid;
}

bool is_letter(char32_t c) {
  const utf8proc_category_t k = category(c);
  return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO;
}
bool is_mark(char32_t c) {
  const utf8proc_category_t k = category(c);
  return k >= UTF8PROC_CATEGORY_MN && k <= UTF8PROC_CATEGORY_ME;
}
bool is_digit(char32_t c) { return category(c) == UTF8PROC_CATEGORY_ND; }
bool is_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
  const utf8proc_category_t k = category(c);
  return k >= UTF8PROC_CATEGORY_ZS && k <= UTF8PROC_CATEGORY_ZP;
}
bool is_punctuation(char32_t c) {
  const utf8proc_category_t k = category(c);
  return k >= UTF8PROC_CATEGORY_PC && k <= UTF8PROC_CATEGORY_PO;
}
bool is_upper(char32_t c) { return category(c) == UTF8PROC_CATEGORY_LU; }
char32_t to_lower(char32_t c) {
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}

std::string lower(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = code_point_at(text, i);
    if (c.bytes == 1) {
      result += ascii_lower(text[i]);  // an invalid byte stays as it is
    } else {
      append_utf8(result, to_lower(c.value));
    }
    i += c.bytes;
  }
  return result;
}

std::string fold(std::string_view text) {
  if (is_ascii(text)) {
    std::string result(text);
    for (char& c : result) c = ascii_lower(c);
    return result;
  }
  const auto folded = mapped(text, UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
  return folded ? *folded : lower(text);
}

std::string without_accents(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  const auto bare = mapped(text, UTF8PROC_COMPOSE | UTF8PROC_STRIPMARK);
  return bare ? *bare : std::string(text);
}

std::vector<ByteRange> words(std::string_view text) {
  const auto is_word_character = [](char32_t c) {
    if (c < 0x80) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }
    return c != kReplacement && (is_letter(c) || is_mark(c) || is_digit(c));
  };
  const auto joins = [](char32_t c) { return c == '\'' || c == 0x2019 || c == '-'; };
  std::vector<ByteRange> found;
  for (size_t i = 0; i < text.size();) {
    CodePoint c = code_point_at(text, i);
    if (!is_word_character(c.value)) {
      i += c.bytes;
      continue;
    }
    const size_t begin = i;
    while (i < text.size()) {
      c = code_point_at(text, i);
      if (is_word_character(c.value)) {
        i += c.bytes;
        continue;
      }
      const size_t after = i + c.bytes;
      if (!joins(c.value) || after >= text.size()) break;
      if (!is_word_character(code_point_at(text, after).value)) break;
      i = after;
    }
    found.push_back({begin, i});
  }
  return found;
}

}  // namespace twin
