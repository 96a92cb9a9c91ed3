#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "domain/chunk.h"
#include "domain/document.h"

namespace twin {

// Changes whenever chunking gives other chunks for the same spans: part of every features key.
inline constexpr int kChunkVersion = 3;

struct ChunkOptions {
  size_t target_tokens = 192;  // a chunk is filled up to this
  size_t max_tokens = 320;     // and never exceeds this
};

// How many tokens a model would make of a text, without a model: GPT-2's pre-tokenizer pieces by
// rule, one for every begun five letters of a word, one for every three digits, one per other
// character run of punctuation. Within a quarter of real byte-level tokenizers on English prose.
size_t estimate_tokens(std::string_view text);

// Cuts a clean document into chunks: contiguous ranges of the verbatim text, in order, disjoint,
// that together cover every byte the clean document keeps, but for white space alone between
// removed stretches. A heading opens a chunk and goes with what follows it; a removed block ends
// one, removed tags within a paragraph do not. Paragraphs are filled up to the target; one that
// does not fit the maximum is cut between sentences. A sentence is cut only if it alone is longer
// than the maximum: then between words.
std::vector<Chunk> chunk(const RawDocument& document, const CleanDocument& clean,
                         const ChunkOptions& options);

}  // namespace twin
