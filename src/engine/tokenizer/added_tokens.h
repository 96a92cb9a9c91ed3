#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/byte_trie.h"
#include "engine/tokenizer/normalizer.h"
#include "engine/tokenizer/tokenizer.h"

namespace twin {

// A token that is found in text as a whole, before anything is cut. As the members of
// tokenizer.json's added_tokens are named.
struct AddedToken {
  TokenId id = 0;
  std::string content;
  bool single_word = false;  // not inside a word
  bool lstrip = false;       // takes the white space before it along
  bool rstrip = false;       // and after
  bool normalized = true;    // is looked for in the normalized text
  bool special = false;      // in plain text it is text, and decode() leaves it out
};

// A stretch of text, or the added token that was found there.
struct TextOrToken {
  std::string_view text;
  std::optional<TokenId> token;
};

// Finds added tokens in text: the longest at each place, from left to right. Immutable,
// thread-safe. Source: the package `tokenizers`, added_vocabulary.rs.
class AddedTokens {
 public:
  AddedTokens(std::vector<AddedToken> tokens, const Normalizer* normalizer);

  const std::vector<AddedToken>& all() const { return tokens_; }
  const AddedToken* find(std::string_view content) const;
  const AddedToken* find(TokenId id) const;

  // Cuts `text` at the tokens that are looked for before (or after) it is normalized. Special ones
  // are taken only where `parse_special` says so and none of `verbatim` overlaps them.
  std::vector<TextOrToken> cut(std::string_view text, bool normalized, bool parse_special,
                               std::span<const ByteSpan> verbatim) const;

 private:
  struct Index {
    ByteTrie trie;  // of positions in tokens_
    std::vector<bool> begins = std::vector<bool>(256, false);
  };
  std::vector<AddedToken> tokens_;
  std::vector<std::pair<TokenId, size_t>> by_id_;  // sorted
  ByteTrie by_content_;
  Index before_, after_;
};

}  // namespace twin
