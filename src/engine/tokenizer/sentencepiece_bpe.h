#pragma once

#include <array>
#include <optional>
#include <vector>

#include "engine/tokenizer/piece_model.h"
#include "engine/tokenizer/vocabulary.h"

namespace twin {

struct SentencePieceBpeOptions {
  std::vector<float> scores;
  std::vector<bool> user_defined;  // pieces that are these as a whole are never taken apart
  std::vector<bool> unused;        // may be merged to, but not stay
  std::optional<TokenId> unk_token;
  std::array<TokenId, 256> id_of_byte;  // kNoToken: there is no byte fallback
};

// BPE as SentencePiece does it: the pair whose joined text has the highest score first, of equals
// the leftmost; joined text is looked up, there is no list of merges.
// Source: github.com/google/sentencepiece, src/bpe_model.cc. n log n in the length of the piece.
class SentencePieceBpe : public PieceModel {
 public:
  // Keeps a reference to `vocabulary`, whose find() gives what text may become.
  SentencePieceBpe(const Vocabulary& vocabulary, SentencePieceBpeOptions options)
      : vocabulary_(vocabulary), options_(std::move(options)) {}
  // Characters that no token holds are their bytes' tokens, or unk_token: one for a run of them.
  void encode(std::string_view piece, std::vector<TokenId>& ids) const override;

 private:
  const Vocabulary& vocabulary_;
  SentencePieceBpeOptions options_;
};

}  // namespace twin
