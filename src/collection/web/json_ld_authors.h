#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace twin {

// The names that a page's JSON-LD (schema.org) gives as the authors of its article; none where it
// has none, or cannot be read.
std::vector<std::string> json_ld_authors(std::string_view html);

}  // namespace twin
