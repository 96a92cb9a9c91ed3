#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"
#include "engine/tokenizer/tokenizer.h"

namespace twin {

// What a post_processor of a tokenizer.json puts around one text; nothing for null. Errors:
// kBadInput naming `where` and what is not supported.
struct Surroundings {
  std::vector<TokenId> prefix, suffix;
};
Surroundings read_post_processor(const Json& json, std::string_view where, size_t vocab_size);

}  // namespace twin
