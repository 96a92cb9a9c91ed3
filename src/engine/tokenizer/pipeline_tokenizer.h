#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/tokenizer/added_tokens.h"
#include "engine/tokenizer/normalizer.h"
#include "engine/tokenizer/piece_model.h"
#include "engine/tokenizer/pre_tokenizer.h"
#include "engine/tokenizer/token_decoder.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/tokenizer/tokenizer_contents.h"
#include "engine/tokenizer/vocabulary.h"

namespace twin {

// What a tokenizer is made of, in the order in which text goes through it: added tokens are cut
// out, the rest is normalized, cut into pieces, each piece becomes ids, and what a post-processor
// adds is put around them. Readers of the various files fill this in.
struct TokenizerParts {
  std::string where;                       // the file, for errors
  std::unique_ptr<Vocabulary> vocabulary;  // of bytes where byte_level, added tokens by content
  std::vector<AddedToken> added;
  std::unique_ptr<Normalizer> normalizer;                     // or none
  std::vector<std::unique_ptr<PreTokenizer>> pre_tokenizers;  // one after the other
  std::unique_ptr<PieceModel> model;
  bool byte_level = false;  // pieces are any bytes; else what is no UTF-8 becomes U+FFFD
  // Bytes that are no UTF-8 are pieces although the rest is text, which `normalizer_inside` changes
  // after one.
  bool raw_bytes = false;
  std::unique_ptr<Normalizer> normalizer_inside;
  bool cache_pieces = true;               // pieces are words, which come again and again
  std::unique_ptr<TokenDecoder> decoder;  // none: the bytes of the tokens one after the other
  std::vector<TokenId> prefix, suffix;    // of the post-processor
  std::string unknown_text;  // what the unknown token is decoded to, where it has a text of its own

  // GGUF's form but for tokens, token_types and merges, or why it has none.
  TokenizerContents contents;
  std::string no_contents;
  std::vector<std::pair<TokenId, TokenId>> merges;  // of byte-level BPE, in order
  std::string json;                                 // the tokenizer.json it was read from, if any
  std::string fingerprint;
};

// Errors: kBadInput naming parts.where for ids outside the vocabulary and the like.
std::unique_ptr<Tokenizer> make_pipeline_tokenizer(TokenizerParts parts);

}  // namespace twin
