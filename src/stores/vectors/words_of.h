#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace twin::vectors {

// The words of a text as a payload's text index has them: runs of ASCII letters, digits and bytes
// beyond ASCII, ASCII letters in lower case.
std::vector<std::string> words_of(std::string_view text);

// Whether every word of `query` is one of `text`.
bool has_words(std::string_view text, std::string_view query);

}  // namespace twin::vectors
