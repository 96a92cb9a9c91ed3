#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace twin {

// Words of a name as they are compared: folded, without accents.
std::vector<std::string> name_words(std::string_view name);

// Whether two names are one person's, as far as names can tell: "Phil Haack" is "Philip A. Haack",
// "P. Haack", "HAACK, Phil" and "philhaack".
bool same_person(std::string_view a, std::string_view b);

// The persons that a byline names: "By Ada Lovelace and Dr. C. Babbage" has two. Roles that anybody
// may hold ("admin", "The editors") are nobody.
std::vector<std::string> persons_of(std::string_view byline);

}  // namespace twin
