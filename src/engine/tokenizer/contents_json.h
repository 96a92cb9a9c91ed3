#pragma once

#include <string>
#include <string_view>

#include "engine/tokenizer/tokenizer_contents.h"

namespace twin {

// A whole tokenizer.json for any contents. Errors: kBadInput naming `where` for a model or pre that
// is not known.
std::string json_of_contents(const TokenizerContents& contents, std::string_view where);

}  // namespace twin
