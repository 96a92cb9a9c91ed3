#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/json.h"
#include "engine/tokenizer/tokenizer_contents.h"

namespace twin {

// The stages of a tokenizer.json that a TokenizerContents stands for, in Hugging Face's form.
struct ContentsStages {
  Json normalizer, pre_tokenizer, post_processor, decoder;
  bool ignore_merges = false;
};
// Errors: kBadInput naming `where` for a model or pre that is not known.
ContentsStages stages_of(const TokenizerContents& contents, std::string_view where);

// GGUF's name for a byte-level pre_tokenizer of a tokenizer.json; empty: it has none.
std::string pre_name_of(const Json& pre_tokenizer);

}  // namespace twin
