#pragma once

#include <map>
#include <string>
#include <vector>

#include "domain/sample.h"
#include "stores/documents/document_store.h"

namespace twin {

// All documents of a store, which of them are learnt from, and a key that changes when any of
// their features or sides do.
struct Corpus {
  std::vector<DocumentSummary> documents;
  std::map<std::string, Split> split;
  std::string key;

  std::vector<DocumentSummary> of_author(const std::string& author_id) const;
  std::vector<DocumentSummary> of_others(const std::string& author_id) const;
};

// Errors: kUsage where the store is empty or a document's features are missing.
Corpus load_corpus(const DocumentStore& store, double test_share);

}  // namespace twin
