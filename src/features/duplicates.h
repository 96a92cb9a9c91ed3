#pragma once

#include <string>
#include <vector>

#include "domain/document.h"
#include "text/markdown.h"
#include "text/minhash.h"

namespace twin {

// What telling cross-posts of one document needs.
struct TextSketch {
  MinHashSignature signature{};  // of its runs of five words
  size_t shingles = 0;           // how many different ones
  size_t words = 0;
};

// Of a document's visible text, without its site's own words. `blocks` are the document's.
TextSketch text_sketch(const RawDocument& document, const std::vector<Block>& blocks);

// The link that a document names as the original's: a canonical link of its page or front matter,
// "Originally published at ...". Empty where there is none.
std::string canonical_link(const RawDocument& document);

struct Sketched {
  std::string id, link, date, canonical;
  TextSketch sketch;
};

// For each document the index of the one that says the same and is kept; its own where it is kept
// itself. Two say the same where their runs of five words resemble each other by 0.35, or four
// fifths of the shorter one's are in the other, which is at most four times as long; those of fewer
// than 20 runs must have all in common. Of those that say the same, kept is the one that another
// names as the original; else the one with the most words, if it has 1.2 times those of the
// earliest; else the earliest. Earlier is the smaller date, no date is last, then the order given.
std::vector<size_t> find_duplicates(const std::vector<Sketched>& documents);

}  // namespace twin
