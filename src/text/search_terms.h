#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace twin {

// The words of a request that say what it is about: folded, each once, English stop words left out
// unless nothing else remains.
std::vector<std::string> search_terms(std::string_view request);

// Whether a folded word is one of the English stop words.
bool is_stop_word(std::string_view folded);

}  // namespace twin
