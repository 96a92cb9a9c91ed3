#pragma once

#include <string_view>
#include <vector>

#include "domain/byte_range.h"

namespace twin {

// Splits prose into sentences. The ranges partition the text: white space after a sentence belongs
// to it. Knows abbreviations (Dr., e.g., Fig. 3), initials, decimals, ellipses, closing quotes and
// brackets after the stop, CJK stops; a blank line always ends a sentence, a single line break
// never.
std::vector<ByteRange> sentences(std::string_view text);

}  // namespace twin
