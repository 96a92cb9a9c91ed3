#include "text/article/byline.h"

#include <algorithm>

#include "text/article/dates.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr uint32_t kMaxBylineNodes = 60;  // elements and texts: more is a part of the page
constexpr size_t kMaxNameWords = 10;      // more in a row without a comma are no name

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

void trim(std::string& text, std::string_view what) {
  const size_t begin = text.find_first_not_of(what);
  if (begin == std::string::npos) return text.clear();
  text = text.substr(begin, text.find_last_not_of(what) - begin + 1);
}

bool has_letter(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = code_point_at(text, i);
    if (is_letter(c.value)) return true;
    i += c.bytes;
  }
  return false;
}

}  // namespace

bool is_byline(const PageTree& tree, size_t node, ClassWordReader& classes) {
  if (tree[node].attribute_count == 0 || tree[node].end - node > kMaxBylineNodes) return false;
  return tree.attribute(node, "rel") == "author" ||
         has(tree.attribute(node, "itemprop"), "author") || classes.read(node).byline;
}

std::string visible_byline(const PageTree& tree, size_t node) {
  for (size_t i = node + 1; i < tree[node].end; ++i) {
    if (!has(tree.attribute(i, "itemprop"), "name")) continue;
    std::string name = clean_byline(tree.text_of(i));
    if (!name.empty()) return name;
  }
  const std::string lines = tree.text_of(node, 4096, '\n');
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = std::min(lines.find('\n', begin), lines.size());
    std::string name = clean_byline(std::string_view(lines).substr(begin, end - begin));
    if (!name.empty()) return name;
    begin = end + 1;
  }
  return {};
}

std::string clean_byline(std::string_view text) {
  constexpr std::string_view kOuter = " \t\r\n,;:|·•–—-/";
  std::string name(text);
  trim(name, kOuter);
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view by :
         {"written by", "posted by", "published by", "words by", "story by", "by", "by:", "par",
          "von", "por", "di", "autor:", "autor", "author:", "author", "作者：", "作者:", "文/"}) {
      const std::string lowered = lower(name.substr(0, by.size() + 1));
      const bool whole_word = static_cast<unsigned char>(by.back()) >= 0x80 || by.back() == ':' ||
                              by.back() == '/' || lowered.ends_with(' ') ||
                              lowered.ends_with(':') || lowered.ends_with('\n');
      if (lower(name) == by) return {};
      if (lowered.size() <= by.size() || !lowered.starts_with(by) || !whole_word) continue;
      name.erase(0, by.size());
      trim(name, kOuter);
      again = true;
      break;
    }
  }
  // A date, and what follows it, is none of the name.
  for (const std::string_view mark : {" • ", " · ", " | ", " (http", " - "}) {
    if (const size_t at = name.find(mark); at != std::string::npos && at > 0) name.resize(at);
  }
  if (const DateInText date = find_date_in(name); !date.iso.empty()) name.resize(date.begin);
  trim(name, kOuter);
  for (const std::string_view no_name :
       {"last updated", "updated", "published", "follow", "sunday", "monday", "tuesday",
        "wednesday", "thursday", "friday", "saturday"}) {
    if (lower(name).starts_with(no_name)) return {};
  }
  const size_t count = words(name).size();
  if (count > kMaxNameWords && name.find(',') == std::string::npos) return {};
  if (std::count(name.begin(), name.end(), '|') > 1) return {};  // a menu
  return has_letter(name) ? name : std::string();
}

}  // namespace twin
