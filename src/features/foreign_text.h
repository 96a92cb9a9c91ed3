#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/document.h"
#include "text/markdown.h"

namespace twin {

// The language that an author mostly writes in, from a sample of their documents' verbatim texts;
// "en" as text/language.h names it. Empty where no text is long enough to tell.
std::string main_language(const std::vector<std::string_view>& texts);

// The beginning of a document's prose, without marks: what main_language() needs of it.
std::string language_sample(std::string_view verbatim);

// Which blocks are in another language than `language`. A block of fewer than twelve words is
// judged by the judged ones around it: foreign where those mostly are. All false for an empty
// `language`.
std::vector<bool> foreign_blocks(std::string_view text, const std::vector<Block>& blocks,
                                 std::string_view language);

}  // namespace twin
