#include "collection/web/json_ld_authors.h"

#include "base/error.h"
#include "collection/web/html_text.h"
#include "collection/web/json_list.h"

namespace twin {
namespace {

constexpr size_t kMaxScripts = 16;

// An object, a name, or a list of these.
void add_names(const Json& author, std::vector<std::string>& names) {
  if (author.is_array()) {
    for (const Json& one : author) add_names(one, names);
    return;
  }
  const std::string name =
      author.is_string() ? author.get<std::string>() : json_text(author, {"name"});
  if (!name.empty() && names.size() < 64) names.push_back(html_line_to_text(name));
}

// The first "author" of an object that is an article, in the order of the document.
void find_authors(const Json& value, std::vector<std::string>& names) {
  if (!names.empty()) return;
  if (value.is_object()) {
    const auto author = value.find("author");
    if (value.contains("headline") && author != value.end()) add_names(*author, names);
  }
  if (!value.is_structured()) return;
  for (const Json& inner : value) find_authors(inner, names);
}

}  // namespace

std::vector<std::string> json_ld_authors(std::string_view html) {
  std::vector<std::string> names;
  size_t at = 0;
  for (size_t i = 0; i < kMaxScripts && names.empty(); ++i) {
    at = html.find("application/ld+json", at);
    const size_t begin = html.find('>', at);
    const size_t end = html.find("</script", begin);
    if (at == std::string_view::npos || end == std::string_view::npos) break;
    try {
      find_authors(parse_json(html.substr(begin + 1, end - begin - 1), "JSON-LD"), names);
    } catch (const Error&) {
      // No JSON: nothing is said.
    }
    at = end;
  }
  return names;
}

}  // namespace twin
