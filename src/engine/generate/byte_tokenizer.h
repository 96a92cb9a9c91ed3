#pragma once

#include <string>

#include "engine/tokenizer/tokenizer.h"
#include "engine/tokenizer/tokenizer_contents.h"

namespace twin {

// For tests: a token for each byte, and 256 as eos. `size`: what vocab_size() says.
class ByteTokenizer : public Tokenizer {
 public:
  explicit ByteTokenizer(size_t size = 257) : size_(size) {}
  size_t vocab_size() const override { return size_; }
  using Tokenizer::decode;
  using Tokenizer::encode;
  std::vector<TokenId> encode(std::string_view text, const EncodeOptions&) const override {
    std::vector<TokenId> ids;
    for (const char c : text) ids.push_back(static_cast<unsigned char>(c));
    return ids;
  }
  std::string decode(std::span<const TokenId> ids, const DecodeOptions&) const override {
    std::string text;
    for (const TokenId id : ids) {
      if (id < 256) text += static_cast<char>(id);
    }
    return text;
  }
  std::string token_bytes(TokenId id) const override {
    return id < 256 ? std::string(1, static_cast<char>(id)) : std::string();
  }
  TokenizerContents contents() const override { return {}; }
  std::string json() const override { return {}; }
  std::optional<TokenId> special_token(std::string_view name) const override {
    return name == "<eos>" ? std::optional<TokenId>(256) : std::nullopt;
  }
  std::optional<TokenId> bos_token_id() const override { return std::nullopt; }
  std::optional<TokenId> eos_token_id() const override { return 256; }
  std::string fingerprint() const override { return "bytes"; }

 private:
  size_t size_;
};

}  // namespace twin
