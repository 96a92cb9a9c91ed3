#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/tokenizer/tokenizer.h"

namespace twin {

// Readers of the files that tokenizers are published as. All input is hostile. Errors: kBadInput
// naming `where` and the part that is not supported or not consistent.

// Hugging Face's tokenizer.json: models BPE, Unigram and WordPiece. `config` is the text of the
// tokenizer_config.json beside it, which names bos and eos, or empty.
std::unique_ptr<Tokenizer> read_tokenizer_json(std::string_view json, std::string_view where,
                                               std::string_view config = {});

// SentencePiece's .model (tokenizer.model, spiece.model): BPE and Unigram.
std::unique_ptr<Tokenizer> read_sentencepiece_model(std::string_view bytes, std::string_view where);

// tiktoken's ranks, "base64 rank" a line, with one of its encodings' names for the pattern and the
// special tokens: "gpt2", "r50k_base", "p50k_base", "cl100k_base", "o200k_base", or "llama3".
std::unique_ptr<Tokenizer> read_tiktoken(std::string_view text, std::string_view encoding,
                                         std::string_view where);

// The files of a folder without a tokenizer.json; those that are not there are empty.
struct VocabularyFiles {
  std::string vocab;         // vocab.json, gpt2.vocab: token -> id
  std::string merges;        // merges.txt
  std::string added_tokens;  // added_tokens.json: token -> id
  std::string config;        // tokenizer_config.json
};
// Byte-level BPE; which pattern cuts text, tokenizer_class says (GPT2Tokenizer where there is
// none).
std::unique_ptr<Tokenizer> read_vocabulary_files(const VocabularyFiles& files,
                                                 std::string_view where);

// BERT's vocab.txt, a token a line; `config` may say do_lower_case (true where there is none).
std::unique_ptr<Tokenizer> read_bert_vocabulary(std::string_view vocab, std::string_view where,
                                                std::string_view config = {});

// llama2.c's tok*.bin: SentencePiece-style BPE with scores and byte fallback.
// Source: github.com/karpathy/llama2.c, run.c.
std::unique_ptr<Tokenizer> read_llama2c_tokenizer(std::string_view bytes, std::string_view where);

}  // namespace twin
