#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domain/document.h"

namespace twin {

// Changes whenever cleaning gives other spans for the same text: part of every features key.
inline constexpr int kCleanVersion = 2;

// Hashes of blocks (folded text) that recur across one author's documents: boilerplate.
using RepeatedBlocks = std::set<std::string>;

// Finds the author's own words in a document: which stretches of its verbatim text are prose,
// headings, code or quotations, and which the author did not write. Only marks ranges; changes no
// byte. What is removed and why: docs/features.md. Any bytes are accepted. The result's spans
// partition document.verbatim.
CleanDocument clean(const RawDocument& document, const RepeatedBlocks& repeated);

// The hash of each block of a document that is long enough to count as boilerplate if it recurs;
// each hash once.
std::vector<std::string> block_hashes(std::string_view verbatim);

// Blocks that stand in at least three of the author's documents and in at least one in twelve of
// them.
RepeatedBlocks repeated_blocks(const std::vector<std::vector<std::string>>& hashes_by_document);

}  // namespace twin
