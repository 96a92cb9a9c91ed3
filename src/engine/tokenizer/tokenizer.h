#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twin {

using TokenId = int32_t;

// Text to token ids and back. Immutable after construction; thread-safe.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  virtual size_t vocab_size() const = 0;

  // Plain text: strings that look like special tokens are text. decode(encode(x)) == x for any
  // bytes, but for the space that a tokenizer.json with add_prefix_space puts in front.
  virtual std::vector<TokenId> encode(std::string_view text) const = 0;
  // Special tokens are left out. Ids outside the vocabulary: kBadInput.
  virtual std::string decode(std::span<const TokenId> ids) const = 0;

  // The id of a special (added) token such as "<|end|>".
  virtual std::optional<TokenId> special_token(std::string_view name) const = 0;

  virtual std::optional<TokenId> bos_token_id() const = 0;
  virtual std::optional<TokenId> eos_token_id() const = 0;

  // SHA-256 of what defines it: part of every cache key of what it tokenizes.
  virtual std::string fingerprint() const = 0;
};

}  // namespace twin
