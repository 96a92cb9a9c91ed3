#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/tokenizer.h"
#include "models/embedder.h"

namespace twin {

// A local model's texts as token ids: prefix, text and the special tokens that the tokenizer's
// post-processor puts around. Thread-safe.
class EmbeddingText {
 public:
  EmbeddingText(std::shared_ptr<const Tokenizer> tokenizer, std::string document_prefix,
                std::string query_prefix, size_t max_tokens)
      : tokenizer_(std::move(tokenizer)),
        document_prefix_(std::move(document_prefix)),
        query_prefix_(std::move(query_prefix)),
        max_tokens_(max_tokens) {}

  std::vector<TokenId> tokens(std::string_view text, EmbedAs as) const;
  // Those of texts[i]. Errors: kBadInput naming the text where they are over max_tokens() or none.
  std::vector<TokenId> checked_tokens(std::span<const std::string> texts, size_t i,
                                      EmbedAs as) const;

  size_t max_tokens() const { return max_tokens_; }
  const Tokenizer& tokenizer() const { return *tokenizer_; }
  const std::string& prefix(EmbedAs as) const {
    return as == EmbedAs::kQuery ? query_prefix_ : document_prefix_;
  }

 private:
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::string document_prefix_, query_prefix_;
  size_t max_tokens_;
};

// The beginning of a text, for messages: one line, whole characters.
std::string text_beginning(std::string_view text);

// row = row / |row|. Zero stays zero.
void to_unit_length(std::span<float> row);

}  // namespace twin
