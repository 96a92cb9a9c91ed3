#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace twin {

inline constexpr TokenId kNoToken = -1;

// The tokens of a model by id, and the ids of those that text may become by their bytes.
class Vocabulary {
 public:
  // `findable[id]`: whether find() gives it; of equal tokens the last.
  Vocabulary(std::vector<std::string> tokens, const std::vector<bool>& findable);

  size_t size() const { return tokens_.size(); }
  const std::string& operator[](TokenId id) const { return tokens_[static_cast<size_t>(id)]; }
  const std::vector<std::string>& tokens() const { return tokens_; }

  // kNoToken where there is none.
  TokenId find(std::string_view token) const;

 private:
  std::vector<std::string> tokens_;
  std::vector<uint64_t> slots_;  // upper half of the hash, id + 1; 0: empty
  size_t mask_ = 0;
};

// The name SentencePiece has for a byte: "<0x0A>".
std::string byte_token_name(unsigned char byte);
// The byte that such a name is of, in either case of letters.
std::optional<char> byte_of_name(std::string_view token);

}  // namespace twin
