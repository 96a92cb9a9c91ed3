#pragma once

#include "engine/formats/gguf_metadata.h"
#include "engine/tokenizer/tokenizer_contents.h"

namespace twin {

// The keys tokenizer.ggml.* of a GGUF file. Errors: kBadInput naming file and key.
TokenizerContents read_gguf_tokenizer(const GgufMetadata& metadata);

// The same the other way. Where a model has more rows than its tokenizer tokens (`vocab_size`), the
// rest is filled with unused ones, as readers want one for each.
void write_gguf_tokenizer(const TokenizerContents& contents, size_t vocab_size,
                          GgufMetadata& metadata);

}  // namespace twin
