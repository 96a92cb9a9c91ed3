#include "collection/mail/mail_lines.h"

#include "text/unicode.h"

namespace twin {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string_view trimmed(std::string_view text) {
  static constexpr std::string_view kSpaces[] = {" ",        "\t",           "\r",          "\n",
                                                 "\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x8b"};
  const auto strip = [&] {
    for (const std::string_view space : kSpaces) {
      if (text.starts_with(space)) return text.remove_prefix(space.size()), true;
      if (text.ends_with(space)) return text.remove_suffix(space.size()), true;
    }
    return false;
  };
  while (strip()) {
  }
  return text;
}

std::string folded_line(std::string_view line) {
  std::string folded;
  bool space = false;
  const std::string lowered = lower(trimmed(line));
  for (size_t i = 0; i < lowered.size();) {
    const CodePoint c = code_point_at(lowered, i);
    if (is_space(c.value)) {
      space = true;
    } else if (c.value != '*' && c.value != 0x200e && c.value != 0x200f && c.value != 0x202a &&
               c.value != 0x202b && c.value != 0x202c) {
      if (space && !folded.empty()) folded += ' ';
      space = false;
      folded.append(lowered, i, c.bytes);
    }
    i += c.bytes;
  }
  return folded;
}

bool has_words(std::string_view text, std::string_view phrase) {
  for (size_t at = text.find(phrase); at != std::string_view::npos;
       at = text.find(phrase, at + 1)) {
    const size_t end = at + phrase.size();
    size_t before = at;
    while (before > 0 && (static_cast<unsigned char>(text[before - 1]) & 0xc0) == 0x80) --before;
    if (before > 0) --before;
    const bool opens = at == 0 || !is_letter(code_point_at(text, before).value) ||
                       !is_letter(code_point_at(phrase, 0).value);
    if (opens && (end == text.size() || !is_letter(code_point_at(text, end).value))) return true;
  }
  return false;
}

}  // namespace twin
