#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace twin {

// Bytes of the longest beginning of `text` that comes to at most `most_tokens` by `count_tokens`,
// cut behind a word; where not even the first word fits, between its characters; 0 where not one
// does. `count_tokens` counts beginnings of `text`, a longer one never less than a shorter; it is
// asked about log2(words) times.
size_t fitting_beginning(std::string_view text, size_t most_tokens,
                         const std::function<size_t(std::string_view)>& count_tokens);

}  // namespace twin
