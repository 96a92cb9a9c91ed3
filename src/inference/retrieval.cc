#include "inference/retrieval.h"

#include <algorithm>
#include <map>

#include "text/search_terms.h"

namespace twin {

std::vector<Passage> retrieve(const DocumentStore& store, const std::string& request,
                              const RetrievalOptions& options) {
  ChunkQuery query;
  query.terms = search_terms(request);
  query.k = options.k;
  if (!options.author_id.empty()) query.author_id = options.author_id;
  if (!options.own_prose_only && options.most_per_document == 0) return store.search_chunks(query);
  // Enough more that as many remain; a corpus of code alone may still give fewer.
  constexpr size_t kMore = 8;
  query.k = options.k * kMore;
  std::vector<Passage> passages = store.search_chunks(query);
  std::map<std::string, size_t> taken;
  std::erase_if(passages, [&](const Passage& passage) {
    if (options.own_prose_only && !passage.chunk.own_prose) return true;
    return options.most_per_document > 0 &&
           ++taken[passage.chunk.document_id] > options.most_per_document;
  });
  passages.resize(std::min(passages.size(), options.k));
  return passages;
}

}  // namespace twin
