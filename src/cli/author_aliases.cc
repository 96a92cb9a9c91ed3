#include "cli/author_aliases.h"

#include <algorithm>

#include "text/paragraphs.h"
#include "text/unicode.h"

namespace twin {

std::vector<std::string> names_in(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const size_t end = std::min(list.find(','), list.size());
    const std::string_view name = slice(list, trim(list, {0, end}));
    if (!name.empty()) names.emplace_back(name);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return names;
}

Author with_aliases(Session& session, Author author) {
  const std::string& own = session.settings().text("author");
  if (own.empty() || fold(own) == fold(author.full_name())) {
    author.aliases = names_in(session.settings().text("author_aliases"));
  }
  return author;
}

}  // namespace twin
