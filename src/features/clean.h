#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domain/document.h"
#include "features/voice_allowance.h"
#include "text/markdown.h"

namespace twin {

// Changes whenever cleaning gives other spans for the same text: part of every features key.
inline constexpr int kCleanVersion = 4;

// Hashes of blocks (folded text) that recur across one author's documents: boilerplate.
using RepeatedBlocks = std::set<std::string>;

// What is known of an author from all their documents, and what settings say.
struct CleanOptions {
  RepeatedBlocks said_before = {};  // blocks that an earlier document of the author has too
  std::string language = {};        // the author's (features/foreign_text.h); empty: not judged
  VoiceAllowance allowance = {};
  std::vector<std::string> aliases = {};  // other names of the author
};

// Finds the author's own words in a document: which stretches of its verbatim text are prose,
// headings, code, quotations, captions or not the author's voice, and which are left out of
// everything. Only marks ranges; changes no
// byte. What is removed and why: docs/features.md. Any bytes are accepted. The result's spans
// partition document.verbatim.
CleanDocument clean(const RawDocument& document, const RepeatedBlocks& repeated,
                    const CleanOptions& options = {});

// A document that says what `kept` says: all of it is removed, as kDuplicate.
CleanDocument clean_duplicate(const RawDocument& document, const std::string& kept);

// The hash of each block of a document that is long enough to count as boilerplate if it recurs;
// each hash once.
std::vector<std::string> block_hashes(std::string_view verbatim);
std::vector<std::string> block_hashes(std::string_view verbatim, const std::vector<Block>& blocks);

// Blocks that stand in at least three of the author's documents and in at least one in twelve of
// them.
RepeatedBlocks repeated_blocks(const std::vector<std::vector<std::string>>& hashes_by_document);

}  // namespace twin
