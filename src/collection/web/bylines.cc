#include "collection/web/bylines.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "base/http_client.h"
#include "collection/web/html_text.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr std::array<std::string_view, 12> kNobody = {
    "admin", "administrator", "author", "anonymous", "unknown", "webmaster",
    "root",  "user",          "me",     "blogger",   "editor",  "default"};
constexpr std::array<std::string_view, 22> kTitles = {
    "dr",  "prof", "professor", "mr", "mrs", "ms", "sir", "dame", "rev", "phd", "md",
    "msc", "bsc",  "mba",       "jr", "sr",  "ii", "iii", "esq",  "frs", "ma",  "ba"};

template <size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

struct Free {
  void operator()(utf8proc_uint8_t* text) const { std::free(text); }
};

// Compatibility form, folded case, no accents: "Zoë Ångström" is "zoe angstrom".
std::string plain(std::string_view text) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE |
                                                      UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD);
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &mapped, options);
  const std::unique_ptr<utf8proc_uint8_t, Free> owned(mapped);
  if (size < 0) return lower(text);
  return {reinterpret_cast<const char*>(mapped), static_cast<size_t>(size)};
}

// Words of a name, plain, titles left out. "O’Neil-Smith" is "oneil", "smith".
std::vector<std::string> name_words(std::string_view name) {
  const std::string text = plain(name);
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty() && !contains(kTitles, word)) words.push_back(word);
    word.clear();
  };
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = code_point_at(text, i);
    if (is_letter(c.value) || is_mark(c.value) || is_digit(c.value)) {
      word += text.substr(i, c.bytes);
    } else if (c.value != '\'' && c.value != U'’') {
      end_word();
    }
    i += c.bytes;
  }
  end_word();
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word;
  return text;
}

std::string initial(const std::string& word) {
  return word.empty() ? word : word.substr(0, code_point_at(word, 0).bytes);
}

// Whether "a" or "ada" may stand for "ada".
bool may_stand_for(const std::string& word, const std::string& name) {
  return word == name || word == initial(name);
}

// The end of the name that begins the text, and where the next one begins.
struct Cut {
  size_t end, next;
};
Cut find_cut(std::string_view text) {
  Cut cut{text.size(), text.size()};
  for (const std::string_view mark :
       {", ", " and ", " & ", " + ", " with ", " und ", " et ", ";", " | ", "\xc2\xb7"}) {
    const size_t at = text.find(mark);
    if (at != std::string_view::npos && at < cut.end) cut = {at, at + mark.size()};
  }
  return cut;
}

bool names_somebody(const std::string& name) {
  if (name.empty() || is_http_url(name)) return false;
  if (name.find('@') != std::string::npos && name[0] != '@') return false;  // an e-mail address
  const std::vector<std::string> words = name_words(name);
  if (words.empty()) return false;
  return words.size() > 1 || !contains(kNobody, words[0]);
}

}  // namespace

std::vector<std::string> byline_names(std::string_view byline) {
  std::string text = fold_spaces(byline);
  for (const std::string_view by : {"by ", "by: ", "written by ", "von "}) {
    if (lower(text).starts_with(by)) text.erase(0, by.size());
  }
  std::vector<std::string> names;
  for (std::string_view rest = text; !rest.empty();) {
    const Cut cut = find_cut(rest);
    std::string name = fold_spaces(rest.substr(0, cut.end));
    rest.remove_prefix(cut.next);
    if (names_somebody(name) && std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

bool is_name_of(const Author& author, std::string_view name) {
  for (const std::string& alias : author.aliases) {
    if (is_name_of(author_from_full_name(alias), name)) return true;
  }
  const std::vector<std::string> words = name_words(name);
  const std::vector<std::string> firsts = name_words(author.first_name);
  std::vector<std::string> all = firsts;
  const std::vector<std::string> lasts = name_words(author.last_name);
  all.insert(all.end(), lasts.begin(), lasts.end());
  if (words.empty() || all.empty()) return false;
  if (joined(words) == joined(all)) return true;
  if (lasts.empty() || firsts.empty()) return false;
  std::vector<std::string> reversed = lasts;
  reversed.insert(reversed.end(), firsts.begin(), firsts.end());
  const std::string last = joined(lasts), one = joined(words);
  if (one == joined(reversed)) return true;
  if (one == last || one == joined(firsts) || one == firsts[0]) return true;
  if (one == initial(firsts[0]) + last || one == firsts[0] + last) return true;
  if (words.size() < 2) return false;
  // The last name, and a first name that agrees as far as both say it.
  const std::vector<std::string> end(words.size() > lasts.size()
                                         ? words.end() - static_cast<ptrdiff_t>(lasts.size())
                                         : words.begin() + 1,
                                     words.end());
  return joined(end) == last &&
         (may_stand_for(words[0], firsts[0]) || may_stand_for(firsts[0], words[0]));
}

BylineVerdict judge_bylines(const Author& author, const std::vector<std::string>& bylines) {
  std::string others;
  for (const std::string& byline : bylines) {
    for (const std::string& name : byline_names(byline)) {
      if (is_name_of(author, name)) return {};
      others += others.empty() ? name : ", " + name;
    }
  }
  if (others.empty()) return {};
  return {false, fmt::format("by {}, not by {}", others, author.full_name())};
}

}  // namespace twin
