#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "features/clean.h"

namespace twin {

// What comparing an author's documents needs of one of them.
struct DocumentFacts {
  std::string id, date;
  std::vector<std::string> block_hashes;
  std::string language_sample;  // of some documents alone
};

// What is known of an author from all their documents.
struct AuthorFacts {
  RepeatedBlocks repeated;                  // boilerplate
  std::vector<RepeatedBlocks> said_before;  // by document: its blocks that an earlier one has too
  std::string language;                     // that they mostly write in; empty: unknown
};

// Earlier is what has the smaller date; documents without a date come last, and of equals the one
// that comes first in `documents`.
AuthorFacts author_facts(const std::vector<DocumentFacts>& documents);

}  // namespace twin
