#include "collection/web/html_text.h"

#include <libxml/HTMLparser.h>

#include <charconv>

#include "text/html_tags.h"
#include "text/unicode.h"

namespace twin {
namespace {

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// The bytes of the tag or comment at `position`; 0 where none is.
size_t tag_size(std::string_view html, size_t position) {
  if (html.substr(position).starts_with("<!--")) {
    const size_t end = html.find("-->", position);
    return end == std::string_view::npos ? 0 : end + 3 - position;
  }
  size_t name = position + 1;
  if (name < html.size() && html[name] == '/') ++name;
  size_t name_end = name;
  while (name_end < html.size() && is_name_byte(html[name_end])) ++name_end;
  const size_t end = html.find('>', name_end);
  if (end == std::string_view::npos) return 0;
  return is_html_element(html.substr(name, name_end - name)) ? end + 1 - position : 0;
}

// Appends what the entity at `position` stands for; returns its bytes, 0 where none is.
size_t append_entity(std::string_view html, size_t position, std::string& text) {
  size_t end = position + 1;
  if (end < html.size() && html[end] == '#') ++end;
  while (end < html.size() && end - position < 12 && is_name_byte(html[end])) ++end;
  if (end == html.size() || html[end] != ';') return 0;
  const std::string name(html.substr(position + 1, end - position - 1));
  uint32_t value = 0;
  if (name.starts_with('#')) {
    const bool hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
    const char* digits = name.data() + (hex ? 2 : 1);
    const char* name_end = name.data() + name.size();
    if (std::from_chars(digits, name_end, value, hex ? 16 : 10).ptr != name_end) return 0;
  } else if (const auto* known = htmlEntityLookup(reinterpret_cast<const xmlChar*>(name.c_str()))) {
    value = known->value;
  } else if (name == "apos") {
    value = '\'';
  }
  const bool is_character = value > 0 && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
  if (!is_character) return 0;
  append_utf8(text, value);
  return end + 1 - position;
}

}  // namespace

std::string html_line_to_text(std::string_view html) {
  std::string text;
  for (size_t i = 0; i < html.size();) {
    size_t taken = 0;
    if (html[i] == '<') taken = tag_size(html, i);
    if (html[i] == '&') taken = append_entity(html, i, text);
    if (taken == 0) text += html[i];
    i += taken == 0 ? 1 : taken;
  }
  return fold_spaces(text);
}

std::string fold_spaces(std::string_view text) {
  std::string folded;
  bool space = false;
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = code_point_at(text, i);
    if (is_space(c.value)) {
      space = !folded.empty();
    } else {
      if (space) folded += ' ';
      space = false;
      folded += text.substr(i, c.bytes);
    }
    i += c.bytes;
  }
  return folded;
}

}  // namespace twin
