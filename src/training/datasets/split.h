#pragma once

#include <map>
#include <string>
#include <vector>

#include "domain/sample.h"
#include "stores/documents/document_store.h"

namespace twin {

// Which documents are learnt from and which are kept for testing, by document id, each author on
// their own.
//
// Of n documents round(test_share * n) are test: where all of an author's documents are dated, the
// newest; elsewhere those whose ids hash lowest, so that adding documents moves few of those
// already there. An author of two or more documents always has at least one of each kind; a single
// document is for training.
// Requires 0 <= test_share < 1. The order of `documents` does not matter.
std::map<std::string, Split> split_documents(const std::vector<DocumentSummary>& documents,
                                             double test_share);

}  // namespace twin
