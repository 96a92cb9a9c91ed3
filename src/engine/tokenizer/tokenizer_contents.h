#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace twin {

// GGUF's tokenizer.ggml.token_type; the numbers are SentencePiece's own piece types.
enum TokenType : int32_t {
  kNormalToken = 1,
  kUnknownToken = 2,
  kControlToken = 3,      // special: never in plain text
  kUserDefinedToken = 4,  // found in any text, before merging
  kUnusedToken = 5,
  kByteToken = 6,  // "<0x0A>"
};

// A tokenizer in the terms of GGUF's tokenizer.ggml.* keys, one member a key. What a key's absence
// means is the default here. Source: github.com/ggml-org/ggml, docs/gguf.md, and llama.cpp's
// gguf-py/gguf/constants.py.
struct TokenizerContents {
  std::string
      model;        // "gpt2" (byte-level BPE), "llama" (SentencePiece BPE), "t5" (Unigram), "bert"
  std::string pre;  // of "gpt2": "gpt-2", "llama-bpe", "qwen2", "smollm", ...; "default" elsewhere
  std::vector<std::string> tokens;   // "gpt2": bytes spelled as in vocab.json; "bert": U+2581 first
  std::vector<float> scores;         // as many as tokens ("llama", "t5"), or none
  std::vector<int32_t> token_types;  // TokenType, as many as tokens, or none: all are normal
  std::vector<std::string> merges;   // "gpt2": "left right", the first rank first

  std::optional<TokenId> bos_token_id, eos_token_id, eot_token_id, unknown_token_id;
  std::optional<TokenId> padding_token_id, seperator_token_id, cls_token_id, mask_token_id;

  std::optional<bool> add_bos_token, add_eos_token;  // absent: "llama" adds bos, others nothing
  std::optional<bool> add_space_prefix;              // absent: "llama" and "t5" do
  std::optional<bool> remove_extra_whitespaces;      // absent: "t5" does
  std::string precompiled_charsmap;                  // "t5": SentencePiece's normalizer, or empty

  // SentencePiece's .model alone says these; GGUF has no key for them.
  bool escape_whitespaces = true;
  bool treat_whitespace_as_suffix = false;
  bool raw_bytes = false;       // bytes that are no UTF-8 are their byte tokens, not U+FFFD
  std::string unknown_surface;  // what the unknown token is decoded to; empty: left out

  bool operator==(const TokenizerContents&) const = default;
};

// The tokenizer that `contents` describes. Hostile input. Errors: kBadInput naming `where` and the
// part that is not supported or not consistent.
std::unique_ptr<Tokenizer> make_tokenizer(TokenizerContents contents, std::string_view where);

// tokenizer.json's text for any tokenizer: see Tokenizer::json.
inline std::string tokenizer_json(const Tokenizer& tokenizer) { return tokenizer.json(); }

}  // namespace twin
