#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/tokenizer/pre_tokenizer.h"
#include "engine/tokenizer/tokenizer.h"

namespace twin {

// What a tiktoken file does not say: the pattern that cuts text, and the special tokens.
struct TiktokenEncoding {
  std::string pattern;
  // Special tokens and their ids; without one: the next after the ranks.
  std::vector<std::pair<std::string, std::optional<TokenId>>> specials;
  std::string gguf_pre;  // or empty
};

// By name. Errors: kBadInput naming `where` for one that is not known.
TiktokenEncoding tiktoken_encoding(std::string_view name, std::string_view where);

std::unique_ptr<PreTokenizer> tiktoken_pre_tokenizer(const TiktokenEncoding& encoding,
                                                     std::string_view where);

}  // namespace twin
