#pragma once

#include <cstddef>
#include <string_view>

#include "engine/tokenizer/tokenizer.h"

namespace twin {

// The beginning of `text`, which breaks off where it ends, that is about as long as a text of
// `tokens`: to the end of the sentence nearest to that, above or below, where one is no farther
// than a quarter of it (or eight tokens); else to the nearest word's. Without white space at its
// end.
std::string_view cut_to_length(const Tokenizer& tokenizer, std::string_view text, size_t tokens);

}  // namespace twin
