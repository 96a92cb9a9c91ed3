#pragma once

#include <string>
#include <string_view>

namespace twin {

// What the HTML pages have in common: one file each, readable offline, light and dark, no script.

// From the doctype to the heading, which is the title. `head`: more elements for the page's head.
std::string begin_page(std::string_view title, std::string_view head = "");
inline constexpr const char* kEndOfPage = "</body>\n</html>\n";

// A number that is to be seen first and what it is, both HTML; they stand in a "tiles" element.
std::string tile(std::string_view value, std::string_view label);

}  // namespace twin
