#pragma once

#include <string_view>

namespace twin::privacy {

enum class GivenName {
  kNone,
  kName,  // "anna": hardly ever anything else
  kWord   // "mark", "may": a word, month or place as well
};

// What a folded word is among common given names of Europe, the Americas, and some of Asia.
GivenName given_name(std::string_view folded);

}  // namespace twin::privacy
