#pragma once

#include <cstddef>
#include <string_view>

#include "domain/byte_range.h"

namespace twin {

// `range` of the text without white space (ASCII) at its ends.
ByteRange trim(std::string_view text, ByteRange range);

// The end of `text`: its last paragraph, cut to whole sentences of at most max_bytes together; the
// last words of a sentence that alone is longer.
std::string_view last_paragraph(std::string_view text, size_t max_bytes);

}  // namespace twin
