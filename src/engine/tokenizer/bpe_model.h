#pragma once

#include <array>
#include <optional>
#include <string>

#include "engine/tokenizer/bpe_merge.h"
#include "engine/tokenizer/piece_model.h"
#include "engine/tokenizer/vocabulary.h"

namespace twin {

// As the members of a tokenizer.json's model of type BPE are named.
struct BpeOptions {
  bool byte_level = false;  // the vocabulary is byte strings, and pieces any bytes
  std::optional<TokenId> unk_token;
  bool fuse_unk = false;
  bool byte_fallback = false;
  bool ignore_merges = false;  // a piece that is a token is that token
  std::string continuing_subword_prefix;
  std::string end_of_word_suffix;
};

// Byte pair encoding: a piece as characters (or bytes), then merged. Sources: Sennrich et al. 2016,
// arXiv:1508.07909; github.com/huggingface/tokenizers, models/bpe.
class BpeModel : public PieceModel {
 public:
  // Keeps a reference to `vocabulary`. Requires every byte in it where byte_level.
  BpeModel(const Vocabulary& vocabulary, BpeMerges merges, BpeOptions options);
  void encode(std::string_view piece, std::vector<TokenId>& ids) const override;

 private:
  void add_characters(std::string_view piece, std::vector<TokenId>& ids) const;
  bool add_bytes(std::string_view symbol, std::vector<TokenId>& ids) const;

  const Vocabulary& vocabulary_;
  BpeMerges merges_;
  BpeOptions options_;
  std::array<TokenId, 256> id_of_byte_{};  // of a byte, or of its name where byte_fallback
};

}  // namespace twin
