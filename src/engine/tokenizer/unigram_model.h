#pragma once

#include <array>
#include <optional>
#include <vector>

#include "engine/tokenizer/byte_trie.h"
#include "engine/tokenizer/piece_model.h"
#include "engine/tokenizer/vocabulary.h"

namespace twin {

struct UnigramOptions {
  std::vector<double> scores;  // log-probabilities by id
  std::vector<bool> usable;    // ids that text may become
  std::vector<bool> user_defined;
  std::optional<TokenId> unk_token;
  std::array<TokenId, 256> id_of_byte;  // kNoToken: there is no byte fallback
  // Sums in single precision and gives user-defined tokens their bonus, as SentencePiece does; the
  // package `tokenizers` sums in double precision.
  bool sentencepiece = false;
};

// The likeliest segmentation of a piece. Source: Kudo 2018, arXiv:1804.10959, and the
// EncodeOptimized of github.com/google/sentencepiece, src/unigram_model.cc. Linear in the length of
// the piece.
class UnigramModel : public PieceModel {
 public:
  // Keeps a reference to `vocabulary`.
  UnigramModel(const Vocabulary& vocabulary, UnigramOptions options);
  // Characters that no token holds are unk_token, one for a run of them; left out where there is
  // none.
  void encode(std::string_view piece, std::vector<TokenId>& ids) const override;

 private:
  struct Best {
    double score = 0;
    uint32_t length = 0;  // of the token that ends here; 0: none
    TokenId id = kNoToken;
  };
  void offer(Best& best, double score, size_t length, TokenId id) const;
  void put_unknown(std::string_view text, std::vector<TokenId>& ids) const;

  const Vocabulary& vocabulary_;
  UnigramOptions options_;
  ByteTrie trie_;
  double unknown_score_ = 0;
  double highest_ = 0;
};

}  // namespace twin
