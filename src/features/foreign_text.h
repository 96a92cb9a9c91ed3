#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/document.h"
#include "text/markdown.h"

namespace twin {

// What the beginning of a document's prose is written in.
struct LanguageSample {
  std::string language;  // "en" as text/language.h names it; empty where it is too short to tell
  size_t bytes = 0;      // that it was told from
};

// `blocks` are those of the text.
LanguageSample language_sample(std::string_view verbatim, const std::vector<Block>& blocks);

// The language that an author mostly writes in: most bytes of their documents' samples. Empty where
// none tells.
std::string main_language(const std::vector<LanguageSample>& samples);

// Which blocks are in another language than `language`: those of twelve words or more whose running
// text plainly is (text/language.h). Names, code, addresses and numbers are no words of it. Blocks
// that cannot be judged are foreign where the judged ones of the text mostly are. All false for an
// empty `language`.
std::vector<bool> foreign_blocks(std::string_view text, const std::vector<Block>& blocks,
                                 std::string_view language);

}  // namespace twin
