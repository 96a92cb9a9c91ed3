#pragma once

#include <string>
#include <vector>

#include "domain/chunk.h"
#include "stores/documents/document_store.h"

namespace twin {

struct RetrievalOptions {
  size_t k = 5;
  std::string author_id;         // empty: any author
  bool own_prose_only = false;   // leave out passages that are mostly code or quotation
  size_t most_per_document = 0;  // passages of one document; 0: any number
};

// The passages that answer a request, best first: none where no content word of the request stands
// in the corpus. No writes; the same store gives the same order.
std::vector<Passage> retrieve(const DocumentStore& store, const std::string& request,
                              const RetrievalOptions& options);

}  // namespace twin
