#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collection/mail/mail_lines.h"

namespace twin {

// Whose each line of a mail's text is (see quoted_lines.h, signature.h).
std::vector<LineOwner> line_owners(const std::vector<std::string_view>& lines,
                                   std::string_view author);

// The author's own lines of a mail's text, unchanged, with one blank line where others were; empty
// where there are none. Any UTF-8 is accepted.
std::string own_words(std::string_view text, std::string_view author);

}  // namespace twin
