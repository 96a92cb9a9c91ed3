#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "features/clean.h"
#include "features/document_facts.h"

namespace twin {

// What is known of an author from all their documents. What duplicates say counts once.
struct AuthorFacts {
  std::vector<std::string> duplicate_of;    // by document: id of the one that is kept, or empty
  RepeatedBlocks repeated;                  // boilerplate
  std::vector<RepeatedBlocks> said_before;  // by document: its blocks that an earlier one has too
  std::string language;                     // that they mostly write in; empty: unknown
};

// `facts` are those of `documents`, one each. Earlier is what has the smaller date; documents
// without a date come last, and of equals the one that comes first.
AuthorFacts author_facts(const std::vector<DocumentSummary>& documents,
                         const std::vector<DocumentFacts>& facts);

}  // namespace twin
