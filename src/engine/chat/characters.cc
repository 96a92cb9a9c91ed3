#include "engine/chat/characters.h"

#include <utf8proc.h>

#include <algorithm>
#include <iterator>

#include "engine/chat/case_expansions.h"

namespace twin::chat {
namespace {

uint8_t byte_at(std::string_view text, size_t position) {
  return static_cast<uint8_t>(text[position]);
}

bool is_ascii(uint32_t code) { return code < 0x80; }
bool is_raw_byte(uint32_t code) { return code >= 0xDC80 && code <= 0xDCFF; }

utf8proc_category_t category(uint32_t code) {
  return is_raw_byte(code) ? UTF8PROC_CATEGORY_CS
                           : utf8proc_category(static_cast<utf8proc_int32_t>(code));
}

const CaseExpansion* find_expansion(uint32_t code) {
  const auto* found = std::lower_bound(
      std::begin(kCaseExpansions), std::end(kCaseExpansions), code,
      [](const CaseExpansion& expansion, uint32_t wanted) { return expansion.code < wanted; });
  return found != std::end(kCaseExpansions) && found->code == code ? found : nullptr;
}

void append_all(std::string& text, const uint32_t (&codes)[3]) {
  for (const uint32_t code : codes) {
    if (code != 0) append_utf8(text, code);
  }
}

}  // namespace

Character character_at(std::string_view text, size_t position) {
  const uint8_t lead = byte_at(text, position);
  if (lead < 0x80) return {lead, 1};
  const Character raw = {0xDC00u + lead, 1};
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() - position < length) return raw;
  uint32_t code = lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    const uint8_t next = byte_at(text, position + i);
    if ((next & 0xC0) != 0x80) return raw;
    code = code << 6 | (next & 0x3Fu);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  if (overlong || surrogate || code > 0x10FFFF) return raw;
  return {code, length};
}

size_t character_before(std::string_view text, size_t end) {
  for (size_t length = 2; length <= 4 && length <= end; ++length) {
    if ((byte_at(text, end - length + 1) & 0xC0) != 0x80) break;
    if (character_at(text.substr(0, end), end - length).bytes == length) return end - length;
  }
  return end - 1;
}

size_t count_characters(std::string_view text) {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); i += character_at(text, i).bytes) ++count;
  return count;
}

size_t byte_of_character(std::string_view text, size_t index) {
  size_t position = 0;
  for (; index > 0 && position < text.size(); --index) {
    position += character_at(text, position).bytes;
  }
  return position;
}

void append_utf8(std::string& text, uint32_t code) {
  if (is_raw_byte(code)) {
    text.push_back(static_cast<char>(code - 0xDC00));
    return;
  }
  utf8proc_uint8_t bytes[4];
  const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code), bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(length));
}

bool is_space(uint32_t code) {
  if (is_ascii(code)) return code == ' ' || (code >= 9 && code <= 13) || (code >= 28 && code <= 31);
  return code == 0x85 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) ||
         code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

bool is_line_break(uint32_t code) {
  return (code >= 10 && code <= 13) || (code >= 28 && code <= 30) || code == 0x85 ||
         code == 0x2028 || code == 0x2029;
}

bool is_printable(uint32_t code) {
  if (is_ascii(code)) return code >= 32 && code < 127;
  switch (category(code)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return false;
    default:
      return true;
  }
}

bool is_letter(uint32_t code) {
  const auto kind = category(code);
  return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
}

bool is_decimal(uint32_t code) { return category(code) == UTF8PROC_CATEGORY_ND; }

bool is_digit(uint32_t code) {
  const bool superscript_or_circled = code == 0xB2 || code == 0xB3 || code == 0xB9 ||
                                      code == 0x2070 || (code >= 0x2074 && code <= 0x2079) ||
                                      (code >= 0x2080 && code <= 0x2089) ||
                                      (code >= 0x2460 && code <= 0x2468);
  return is_decimal(code) || superscript_or_circled;
}

bool is_numeric(uint32_t code) {
  const auto kind = category(code);
  return kind == UTF8PROC_CATEGORY_ND || kind == UTF8PROC_CATEGORY_NL ||
         kind == UTF8PROC_CATEGORY_NO;
}

bool is_upper(uint32_t code) { return category(code) == UTF8PROC_CATEGORY_LU; }
bool is_lower(uint32_t code) {
  return category(code) == UTF8PROC_CATEGORY_LL || code == 0xAA || code == 0xBA;
}
bool is_title(uint32_t code) { return category(code) == UTF8PROC_CATEGORY_LT; }

bool is_word(uint32_t code) {
  if (is_ascii(code)) {
    return (code >= '0' && code <= '9') || (code >= 'A' && code <= 'Z') || code == '_' ||
           (code >= 'a' && code <= 'z');
  }
  return is_letter(code) || is_numeric(code);
}

void append_upper(std::string& text, uint32_t code) {
  if (const CaseExpansion* expansion = find_expansion(code)) {
    append_all(text, expansion->upper);
  } else if (is_raw_byte(code)) {
    append_utf8(text, code);
  } else {
    append_utf8(text, static_cast<uint32_t>(utf8proc_toupper(static_cast<int32_t>(code))));
  }
}

void append_lower(std::string& text, uint32_t code) {
  if (code == 0x130) {
    text.append("i\u0307");
  } else if (is_raw_byte(code)) {
    append_utf8(text, code);
  } else {
    append_utf8(text, static_cast<uint32_t>(utf8proc_tolower(static_cast<int32_t>(code))));
  }
}

void append_title(std::string& text, uint32_t code) {
  if (const CaseExpansion* expansion = find_expansion(code)) {
    append_all(text, expansion->title);
  } else if (is_raw_byte(code)) {
    append_utf8(text, code);
  } else {
    append_utf8(text, static_cast<uint32_t>(utf8proc_totitle(static_cast<int32_t>(code))));
  }
}

}  // namespace twin::chat
