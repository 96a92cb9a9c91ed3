#include "features/names.h"

#include <algorithm>
#include <array>

#include "text/unicode.h"

namespace twin {
namespace {

// Short forms that are no beginnings of the long ones. English alone: others are rarely swapped in
// bylines.
constexpr std::array<std::array<std::string_view, 2>, 26> kShortForms = {{
    {"andy", "andrew"},     {"bill", "william"},   {"bob", "robert"},     {"bobby", "robert"},
    {"chuck", "charles"},   {"dick", "richard"},   {"drew", "andrew"},    {"harry", "henry"},
    {"jack", "john"},       {"jim", "james"},      {"jimmy", "james"},    {"kate", "katherine"},
    {"kathy", "katherine"}, {"larry", "lawrence"}, {"liz", "elizabeth"},  {"maggie", "margaret"},
    {"mike", "michael"},    {"nick", "nicholas"},  {"peggy", "margaret"}, {"rick", "richard"},
    {"steve", "stephen"},   {"steve", "steven"},   {"ted", "edward"},     {"tony", "anthony"},
    {"will", "william"},    {"beth", "elizabeth"},
}};

constexpr std::array<std::string_view, 16> kTitles = {
    "dr", "prof", "professor", "mr", "mrs", "ms",  "sir",  "dame",
    "jr", "sr",   "phd",       "md", "ii",  "iii", "herr", "frau"};

constexpr std::array<std::string_view, 14> kRoles = {
    "admin",     "administrator", "author",       "editor",    "editors", "guest",   "anonymous",
    "webmaster", "contributor",   "contributors", "moderator", "user",    "unknown", "root"};

constexpr std::array<std::string_view, 9> kOpenings = {
    "written by ", "posted by ", "guest post by ", "words by ", "author: ",
    "by ",         "von ",       "par ",           "por "};

constexpr std::array<std::string_view, 8> kJoints = {" and ",  " & ", " und ", " et ",
                                                     " with ", ";",   " y ",   " | "};

template <size_t N>
bool is_one_of(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_beginning(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  return b.starts_with(a) && (a.size() == 1 || a.size() >= 3);
}

bool same_given_name(std::string_view a, std::string_view b) {
  if (is_beginning(a, b)) return true;
  return std::any_of(kShortForms.begin(), kShortForms.end(), [&](const auto& pair) {
    return (pair[0] == a && pair[1] == b) || (pair[0] == b && pair[1] == a);
  });
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += word;
  return all;
}

// "phaack", "haacked", "adalovelace": a name in one word holds the family name.
bool is_handle_of(const std::string& handle, const std::vector<std::string>& name) {
  const std::string& family = name.back();
  return handle == joined(name) || handle == name.front() ||
         (family.size() >= 4 && handle.find(family) != std::string::npos);
}

// Parts of a byline at `joint`, in any case.
void split_at(std::vector<std::string>& parts, std::string_view joint) {
  std::vector<std::string> result;
  for (const std::string& part : parts) {
    const std::string folded = lower(part);
    size_t begin = 0;
    for (size_t at; (at = folded.find(joint, begin)) != std::string::npos;
         begin = at + joint.size()) {
      result.push_back(part.substr(begin, at - begin));
    }
    result.push_back(part.substr(begin));
  }
  parts = std::move(result);
}

}  // namespace

std::vector<std::string> name_words(std::string_view name) {
  const std::string folded = without_accents(fold(name));
  std::vector<std::string> found;
  for (const ByteRange& range : words(folded)) {
    const std::string word(slice(std::string_view(folded), range));
    if (!is_one_of(kTitles, word)) found.push_back(word);
  }
  return found;
}

bool same_person(std::string_view a, std::string_view b) {
  std::vector<std::string> x = name_words(a), y = name_words(b);
  if (x.empty() || y.empty()) return false;
  if (joined(x) == joined(y)) return true;
  if (x.size() == 1 && y.size() == 1) return false;
  if (x.size() == 1) return is_handle_of(x[0], y);
  if (y.size() == 1) return is_handle_of(y[0], x);
  if (x.back() == y.back()) return same_given_name(x.front(), y.front());
  // The family name first: "Haack, Phil"; or one name more in the middle or behind.
  if (x.back() == y.front()) return same_given_name(x.front(), y.back());
  if (x.front() == y.back()) return same_given_name(x.back(), y.front());
  std::sort(x.begin(), x.end());
  std::sort(y.begin(), y.end());
  return std::includes(x.begin(), x.end(), y.begin(), y.end()) ||
         std::includes(y.begin(), y.end(), x.begin(), x.end());
}

std::vector<std::string> persons_of(std::string_view byline) {
  std::string text(byline.substr(0, std::min(byline.find('<'), byline.size())));
  for (bool found = true; found;) {
    found = false;
    for (const std::string_view opening : kOpenings) {
      if (!lower(text).starts_with(opening)) continue;
      text.erase(0, opening.size());
      found = true;
    }
  }
  std::vector<std::string> parts{text};
  for (const std::string_view joint : kJoints) split_at(parts, joint);
  std::vector<std::string> persons;
  for (const std::string& part : parts) {
    // "Lovelace, Ada" is one person, "Ada Lovelace, Charles Babbage" are two.
    std::vector<std::string> names{part};
    split_at(names, ",");
    const bool inverted = names.size() == 2 && name_words(names[0]).size() == 1;
    for (const std::string& name : inverted ? std::vector<std::string>{part} : names) {
      const std::vector<std::string> found = name_words(name);
      const bool role =
          found.size() <= 2 && std::any_of(found.begin(), found.end(),
                                           [](auto& word) { return is_one_of(kRoles, word); });
      if (!found.empty() && !role) persons.push_back(name);
    }
  }
  return persons;
}

}  // namespace twin
