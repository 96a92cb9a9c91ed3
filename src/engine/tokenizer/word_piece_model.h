#pragma once

#include <string>

#include "engine/tokenizer/piece_model.h"
#include "engine/tokenizer/vocabulary.h"

namespace twin {

struct WordPieceOptions {
  TokenId unk_token = kNoToken;
  std::string continuing_subword_prefix = "##";
  size_t max_input_chars_per_word = 100;
};

// Always the longest token that begins the rest of the word; a word that cannot be told so is
// unk_token as a whole. Source: github.com/google-research/bert, tokenization.py.
class WordPieceModel : public PieceModel {
 public:
  // Keeps a reference to `vocabulary`.
  WordPieceModel(const Vocabulary& vocabulary, WordPieceOptions options)
      : vocabulary_(vocabulary), options_(std::move(options)) {}
  void encode(std::string_view piece, std::vector<TokenId>& ids) const override;

 private:
  const Vocabulary& vocabulary_;
  WordPieceOptions options_;
};

}  // namespace twin
