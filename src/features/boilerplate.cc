#include "features/boilerplate.h"

#include <algorithm>
#include <array>
#include <string>

#include "text/unicode.h"

namespace twin {
namespace {

// Whole lines, folded, that publishing platforms put around a text. Sorted.
constexpr std::array<std::string_view, 62> kPhrases = {
    "about",
    "already have an account? sign in",
    "app store",
    "author",
    "authors",
    "comments",
    "continue reading",
    "copy link",
    "create your profile",
    "discover more from",
    "discussion about this post",
    "discussions",
    "email",
    "error",
    "facebook",
    "follow",
    "follow us",
    "get app",
    "get the app",
    "home",
    "latest",
    "leave a comment",
    "like",
    "likes",
    "listen",
    "listen to this post",
    "loading...",
    "more",
    "new top community",
    "next",
    "no posts",
    "note",
    "notes",
    "only paid subscribers can comment on this post",
    "open app",
    "open in app",
    "other",
    "pledge your support",
    "previous",
    "previousnext",
    "privacy ∙ terms ∙ collection notice",
    "published",
    "read more",
    "ready for more?",
    "restack",
    "restacks",
    "reply",
    "save",
    "search",
    "share",
    "share this post",
    "share this post on",
    "sign in",
    "sign up",
    "skip to content",
    "start writingget the app",
    "subscribe",
    "subscribesign in",
    "substack is the home for great culture",
    "this site requires javascript to run correctly. please turn on javascript or unblock scripts",
    "top",
    "top new community",
};

// Beginnings of lines that are never the author's.
constexpr std::array<std::string_view, 9> kBeginnings = {
    "thanks for reading! subscribe",
    "© ",
    "copyright ",
    "__copyright ",
    "all rights reserved",
    "powered by ",
    "this post is public so feel free to share",
    "type your email",
    "subscribe for free to",
};

std::string squeeze(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (space && (result.empty() || result.back() == ' ')) continue;
    result += space ? ' ' : c;
  }
  while (result.ends_with(' ')) result.pop_back();
  return result;
}

bool is_counter(std::string_view text) {
  return !text.empty() && text.size() <= 7 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || c == ',' || c == '.' || c == 'K' || c == 'k';
  });
}

// Icon fonts leave "__" where a picture was: "__LLM Course", "__".
bool is_icon(std::string_view text) {
  return text == "__" || text == "_" ||
         (text.starts_with("__") && text.size() > 2 && text[2] != '_' &&
          text.find("__", 2) == text.npos && text.size() < 60);
}

constexpr std::array<std::string_view, 24> kMonths = {
    "jan",  "feb",  "mar",    "apr",  "may",       "jun",      "jul",      "aug",
    "sep",  "oct",  "nov",    "dec",  "january",   "february", "march",    "april",
    "june", "july", "august", "sept", "september", "october",  "november", "december"};

}  // namespace

bool is_lone_date(std::string_view text) {
  if (text.size() > 32) return false;
  const std::string folded = fold(text);
  bool month = false, year = false;
  size_t others = 0;
  for (const ByteRange& range : words(folded)) {
    const std::string_view word = slice(std::string_view(folded), range);
    const bool digits =
        std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (std::find(kMonths.begin(), kMonths.end(), word) != kMonths.end()) {
      month = true;
    } else if (digits && word.size() == 4) {
      year = true;
    } else if (word.size() == 10 && word[4] == '-' && word[7] == '-') {
      month = year = true;
    } else if (!(digits && word.size() <= 2)) {
      ++others;
    }
  }
  return month && year && others == 0;
}

bool is_boilerplate_line(std::string_view text) {
  const std::string line = squeeze(fold(text));
  if (line.empty() || line == "#" || line == "*" || line == "* * * *") return true;
  if (is_counter(text) || is_icon(text) || is_lone_date(text)) return true;
  if (std::find(kPhrases.begin(), kPhrases.end(), line) != kPhrases.end()) return true;
  return std::any_of(kBeginnings.begin(), kBeginnings.end(),
                     [&](std::string_view beginning) { return line.starts_with(beginning); });
}

}  // namespace twin
