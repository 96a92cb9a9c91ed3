#include "text/sentences.h"

#include <algorithm>
#include <array>

#include "text/unicode.h"

namespace twin {
namespace {

// Words that a full stop belongs to whatever follows, lower case without it. "etc." is none: it
// often ends a sentence, and where it does not, a small letter follows.
constexpr std::array<std::string_view, 40> kAbbreviations = {
    "mr",  "mrs",  "ms",   "dr",  "prof", "st",     "sr",   "jr",   "rev", "hon",
    "gen", "col",  "capt", "lt",  "sgt",  "gov",    "sen",  "rep",  "vs",  "e.g",
    "i.e", "cf",   "al",   "ed",  "eds",  "approx", "dept", "univ", "inc", "ltd",
    "co",  "corp", "jan",  "feb", "aug",  "sept",   "oct",  "nov",  "dec", "a.k.a"};
// Words that a full stop belongs to only before a number: "No. 5", but "I said no. Then ...".
constexpr std::array<std::string_view, 10> kBeforeNumbers = {"fig", "figs", "eq", "eqs", "no",
                                                             "nos", "vol",  "pp", "ch",  "sec"};

bool is_stop(char32_t c) { return c == '.' || c == '!' || c == '?' || c == 0x2026; }
bool is_wide_stop(char32_t c) { return c == 0x3002 || c == 0xff01 || c == 0xff1f; }
bool is_closer(char32_t c) {
  return c == '"' || c == '\'' || c == ')' || c == ']' || c == '*' || c == '_' || c == 0x2019 ||
         c == 0x201d || c == 0xbb || c == 0x300d || c == 0x300f;
}
bool is_opener(char32_t c) {
  return c == '"' || c == '\'' || c == '(' || c == '[' || c == '*' || c == '_' || c == 0x2018 ||
         c == 0x201c || c == 0xab;
}

bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

// The run of letters and inner stops that ends at `end`: "e.g" of "(e.g."
std::string_view word_before(std::string_view text, size_t end) {
  size_t begin = end;
  while (begin > 0) {
    const char c = text[begin - 1];
    const bool part = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.';
    if (!part || end - begin > 12) break;
    --begin;
  }
  return text.substr(begin, end - begin);
}

// "1." or "1\." at the beginning of a line: a list's number.
bool is_list_number(std::string_view text, size_t at) {
  if (at > 0 && text[at - 1] == '\\') --at;
  size_t begin = at;
  while (begin > 0 && is_ascii_digit(text[begin - 1])) --begin;
  if (begin == at) return false;
  while (begin > 0 && (text[begin - 1] == ' ' || text[begin - 1] == '\t')) --begin;
  return begin == 0 || text[begin - 1] == '\n';
}

// Whether the full stop at `at` stands inside a sentence, `next` being what follows it: after an
// abbreviation, an initial or a list's number.
bool belongs_to_word(std::string_view text, size_t at, size_t next) {
  const std::string_view word = word_before(text, at);
  if (word.empty()) return is_list_number(text, at);
  if (word.size() == 1) return word[0] >= 'A' && word[0] <= 'Z' && word != "I";
  const std::string folded = lower(word);
  const auto is_in = [&](const auto& list) {
    return std::find(list.begin(), list.end(), folded) != list.end();
  };
  return is_in(kAbbreviations) ||
         (is_in(kBeforeNumbers) && next < text.size() && is_ascii_digit(text[next]));
}

// Position of the first character that is no white space, from `at`; counts line breaks on the way.
size_t skip_space(std::string_view text, size_t at, size_t& line_breaks) {
  while (at < text.size()) {
    const CodePoint c = code_point_at(text, at);
    if (!is_space(c.value)) break;
    if (c.value == '\n') ++line_breaks;
    at += c.bytes;
  }
  return at;
}

// Whether what follows a full stop can begin a sentence.
bool starts_sentence(std::string_view text, size_t at) {
  while (at < text.size()) {
    const CodePoint c = code_point_at(text, at);
    if (!is_opener(c.value))
      return !is_letter(c.value) || c.value != to_lower(c.value) ||
             c.value > 0x2e80;  // scripts without case
    at += c.bytes;
  }
  return true;
}

}  // namespace

std::vector<ByteRange> sentences(std::string_view text) {
  std::vector<ByteRange> found;
  size_t begin = 0, at = 0;
  const auto cut = [&](size_t end) {
    if (end > begin) found.push_back({begin, end});
    begin = end;
  };
  while (at < text.size()) {
    const CodePoint c = code_point_at(text, at);
    if (c.value == '\n') {
      size_t line_breaks = 0;
      const size_t next = skip_space(text, at, line_breaks);
      if (line_breaks > 1) cut(next);
      at = next;
      continue;
    }
    if (!is_stop(c.value) && !is_wide_stop(c.value)) {
      at += c.bytes;
      continue;
    }
    size_t end = at;
    // "Stop!" he said: behind a closing quote the next word decides, as it does behind a full stop.
    bool wide = false, sure = false;
    while (end < text.size()) {
      const CodePoint d = code_point_at(text, end);
      if (!is_stop(d.value) && !is_wide_stop(d.value) && !is_closer(d.value)) break;
      wide |= is_wide_stop(d.value);
      sure = d.value == '!' || d.value == '?';
      end += d.bytes;
    }
    size_t line_breaks = 0;
    const size_t next = skip_space(text, end, line_breaks);
    const bool inside = c.value == '.' && belongs_to_word(text, at, next);
    const bool begins = sure || starts_sentence(text, next);
    if (wide || (next > end && ((!inside && begins) || line_breaks > 1))) cut(next);
    at = std::max(next, end);
  }
  cut(text.size());
  return found;
}

}  // namespace twin
