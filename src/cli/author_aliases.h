#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace twin {

// "G. K. C., haacked": names with commas between, without the spaces around them.
std::vector<std::string> names_in(std::string_view list);

// An author with the names of the setting author_aliases, which are other names of the setting
// `author`: of whoever is collected where that is empty.
Author with_aliases(Session& session, Author author);

}  // namespace twin
