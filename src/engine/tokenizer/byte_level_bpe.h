#pragma once

#include <memory>
#include <string_view>

#include "engine/tokenizer/tokenizer.h"

namespace twin {

// Byte-level BPE from the text of a Hugging Face tokenizer.json whose model is BPE and whose
// pre-tokenizer is ByteLevel (GPT-2). Hostile input. Errors: kBadInput naming `where` and the part
// that is not supported or not consistent.
std::unique_ptr<Tokenizer> read_tokenizer_json(std::string_view json, std::string_view where);

// llama2.c's tok*.bin: SentencePiece-style BPE with scores and byte fallback.
// Source: github.com/karpathy/llama2.c, run.c.
std::unique_ptr<Tokenizer> read_llama2c_tokenizer(std::string_view bytes, std::string_view where);

}  // namespace twin
