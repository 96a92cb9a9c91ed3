#include "inference/retrieval.h"

#include "text/search_terms.h"

namespace twin {

std::vector<Passage> retrieve(const DocumentStore& store, const std::string& request,
                              const RetrievalOptions& options) {
  ChunkQuery query;
  query.terms = search_terms(request);
  query.k = options.k;
  if (!options.author_id.empty()) query.author_id = options.author_id;
  query.only_documents = options.only_documents;
  return store.search_chunks(query);
}

}  // namespace twin
