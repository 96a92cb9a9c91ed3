#pragma once

#include <cstddef>
#include <vector>

#include "domain/chunk.h"
#include "stores/documents/document_store.h"

namespace twin {

// The last stages of retrieval: each takes passages, best first, and gives them in that order.

// Leaves out what a better passage says already: four fifths of the five-word runs of the shorter
// one are in the other, or the texts are the same. Ends with the `most` best that remain.
std::vector<Passage> without_near_duplicates(std::vector<Passage> passages, size_t most);

// Passages that follow one another in a document, with at most white space between, become one, at
// the place and with the score of the best of them: chunk.range and chunk.text span all. None
// becomes longer than `most_bytes`.
std::vector<Passage> with_neighbours_merged(const DocumentStore& store,
                                            std::vector<Passage> passages, size_t most_bytes);

// At most `most_per_document` (0: any number) of each document.
std::vector<Passage> at_most_per_document(std::vector<Passage> passages, size_t most_per_document);

// The first `k` by maximal marginal relevance: each next one is the passage with the greatest
// balance * relevance - (1 - balance) * likeness to those taken, relevance falling from 1 to 0 with
// the rank, likeness the cosine of the counts of their telling words. Those not taken follow.
// Source: Carbonell, Goldstein, "The use of MMR" (SIGIR 1998).
std::vector<Passage> diversified(std::vector<Passage> passages, size_t k, double balance = 0.8);

}  // namespace twin
