#pragma once

#include <string_view>
#include <vector>

#include "engine/tokenizer/added_tokens.h"
#include "engine/tokenizer/tokenizer_contents.h"

namespace twin {

// Fills the ids of bos, eos and the like in `contents`, where they are not set: as the text of a
// tokenizer_config.json names them, else by the names that published models give them. Errors:
// kBadInput naming `where` for a config that is no JSON object.
void name_tokens(TokenizerContents& contents, const std::vector<AddedToken>& added,
                 std::string_view config, std::string_view where);

}  // namespace twin
