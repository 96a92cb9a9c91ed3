#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/tokenizer/byte_trie.h"
#include "engine/tokenizer/charsmap.h"
#include "engine/tokenizer/normalizer.h"

namespace twin {

struct SentencePieceSpaces {
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
  bool escape_whitespaces = true;
  bool treat_whitespace_as_suffix = false;
};

// SentencePiece's own normalizer: the longest entry of the charsmap, user-defined tokens kept as
// they are, white space as the options say. Source: github.com/google/sentencepiece,
// src/normalizer.cc.
class SentencePieceNormalizer : public Normalizer {
 public:
  SentencePieceNormalizer(std::optional<Charsmap> charsmap, ByteTrie user_defined,
                          SentencePieceSpaces spaces)
      : charsmap_(std::move(charsmap)), user_defined_(std::move(user_defined)), spaces_(spaces) {}
  std::string normalize(std::string_view text) const override;

 private:
  // What the first bytes of a text become, and how many they are.
  Charsmap::Match next(std::string_view text) const;

  std::optional<Charsmap> charsmap_;
  ByteTrie user_defined_;
  SentencePieceSpaces spaces_;
};

}  // namespace twin
