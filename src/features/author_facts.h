#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "features/clean.h"
#include "features/duplicates.h"

namespace twin {

// What comparing an author's documents needs of one of them.
struct DocumentFacts {
  std::string id, link, date;
  std::vector<std::string> block_hashes;
  std::string language_sample;  // of some documents alone
  std::string canonical;        // link it names as the original's (features/duplicates.h)
  TextSketch sketch;
};

// What is known of an author from all their documents. What duplicates say counts once.
struct AuthorFacts {
  std::vector<std::string> duplicate_of;    // by document: id of the one that is kept, or empty
  RepeatedBlocks repeated;                  // boilerplate
  std::vector<RepeatedBlocks> said_before;  // by document: its blocks that an earlier one has too
  std::string language;                     // that they mostly write in; empty: unknown
};

// Earlier is what has the smaller date; documents without a date come last, and of equals the one
// that comes first in `documents`.
AuthorFacts author_facts(const std::vector<DocumentFacts>& documents);

}  // namespace twin
