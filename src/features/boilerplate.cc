#include "features/boilerplate.h"

#include <algorithm>
#include <array>
#include <string>

#include "text/unicode.h"

namespace twin {
namespace {

// Whole lines, folded, that publishing platforms put around a text. Sorted.
constexpr std::array<std::string_view, 64> kPhrases = {
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
    "read full story",
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
    "·",
};

// Beginnings and inner parts of short paragraphs that are never the author's.
constexpr std::array<std::string_view, 5> kBeginnings = {
    "© ",
    "all rights reserved",
    "this post is public so feel free to share",
    "type your email",
    "subscribe for free to",
};
constexpr std::array<std::string_view, 2> kParts = {
    "is a reader-supported publication.",
    "! subscribe for free to receive new posts",
};
constexpr size_t kMaxNoticeWords = 32;

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

// "Copyright 2023, Somebody", "Powered by Jekyll": a notice, as against a sentence that begins so.
bool is_notice(std::string_view folded) {
  const size_t count = words(folded).size();
  if (folded.starts_with("__")) folded.remove_prefix(2);
  if (folded.starts_with("copyright ")) {
    return count <= 12 && folded.find_first_of("0123456789") != std::string_view::npos;
  }
  return folded.starts_with("powered by ") && count <= 5;
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
  if (is_notice(line)) return true;
  return words(line).size() <= kMaxNoticeWords &&
         (std::any_of(kBeginnings.begin(), kBeginnings.end(),
                      [&](std::string_view part) { return line.starts_with(part); }) ||
          std::any_of(kParts.begin(), kParts.end(),
                      [&](std::string_view part) { return line.find(part) != std::string::npos; }));
}

// Medium's page, read as one run of text, stands between these.
ByteRange without_page_frame(std::string_view paragraph) {
  constexpr std::string_view kBeforeHeader = "Open in app", kHeaderEnd = "ListenShare";
  constexpr std::string_view kFooter =
      "Sign up to discover human stories that deepen your understanding of the world.";
  constexpr size_t kMaxHeader = 2000;
  ByteRange own{0, std::min(paragraph.find(kFooter), paragraph.size())};
  const size_t start = paragraph.find(kBeforeHeader);
  const size_t header = paragraph.find(kHeaderEnd, std::min(start, paragraph.size()));
  if (header < std::min(kMaxHeader, own.end)) own.begin = header + kHeaderEnd.size();
  return own;
}

}  // namespace twin
