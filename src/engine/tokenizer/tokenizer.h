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
struct TokenizerContents;  // tokenizer_contents.h

// Bytes [begin, end) of a text.
struct ByteSpan {
  size_t begin = 0;
  size_t end = 0;
};

struct EncodeOptions {
  // What the tokenizer's post-processor puts around a text: bos and eos, [CLS] and [SEP].
  bool add_special_tokens = false;
  // Special tokens that stand in the text become their ids; else they are text.
  bool parse_special = false;
  // Ranges of the text in which nothing is taken for a special token: what a user wrote, inside a
  // rendered chat template. A special token that overlaps one is text. Merging is not cut at their
  // edges. In order, disjoint, within the text.
  std::span<const ByteSpan> verbatim = {};
};

struct DecodeOptions {
  bool skip_special = true;  // special tokens are left out; else their names stand in the text
};

// Text to token ids and back. Immutable after construction; thread-safe.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  virtual size_t vocab_size() const = 0;

  // Plain text: strings that look like special tokens are text, nothing is added.
  // decode(encode(x)) == x for any bytes where the tokenizer is byte-level, but for the space that
  // a tokenizer.json with add_prefix_space puts in front. Others change text as they were trained
  // to (lower case, white space, U+FFFD for bytes that are no UTF-8).
  std::vector<TokenId> encode(std::string_view text) const { return encode(text, EncodeOptions{}); }
  virtual std::vector<TokenId> encode(std::string_view text,
                                      const EncodeOptions& options) const = 0;

  // Special tokens are left out. Ids outside the vocabulary: kBadInput.
  std::string decode(std::span<const TokenId> ids) const { return decode(ids, DecodeOptions{}); }
  virtual std::string decode(std::span<const TokenId> ids, const DecodeOptions& options) const = 0;

  // The bytes a token adds in the middle of a text, which need not be whole characters; none for a
  // special token. Ids outside the vocabulary: kBadInput.
  virtual std::string token_bytes(TokenId id) const = 0;

  // The id of a special (added) token such as "<|end|>".
  virtual std::optional<TokenId> special_token(std::string_view name) const = 0;

  virtual std::optional<TokenId> bos_token_id() const = 0;
  virtual std::optional<TokenId> eos_token_id() const = 0;

  // What GGUF keeps of a tokenizer. Errors: kBadInput where GGUF has no form for this one.
  virtual TokenizerContents contents() const = 0;
  // The text of a Hugging Face tokenizer.json for it: the original where it was read from one.
  virtual std::string json() const = 0;

  // SHA-256 of what defines it: part of every cache key of what it tokenizes.
  virtual std::string fingerprint() const = 0;
};

}  // namespace twin
