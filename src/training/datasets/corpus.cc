#include "training/datasets/corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/hashing.h"
#include "training/datasets/split.h"

namespace twin {

std::vector<DocumentSummary> Corpus::of_author(const std::string& author_id) const {
  std::vector<DocumentSummary> found;
  std::copy_if(documents.begin(), documents.end(), std::back_inserter(found),
               [&](const DocumentSummary& d) { return d.author_id == author_id; });
  return found;
}

std::vector<DocumentSummary> Corpus::of_others(const std::string& author_id) const {
  std::vector<DocumentSummary> found;
  std::copy_if(documents.begin(), documents.end(), std::back_inserter(found),
               [&](const DocumentSummary& d) { return d.author_id != author_id; });
  return found;
}

Corpus load_corpus(const DocumentStore& store, double test_share) {
  Corpus corpus;
  corpus.documents = store.documents();
  if (corpus.documents.empty()) {
    throw Error(ErrorCode::kUsage,
                "the workspace has no documents yet: `twin import DIR` or `twin collect --author "
                "\"First Last\" PATH` brings them in");
  }
  corpus.split = split_documents(corpus.documents, test_share);
  KeyHasher hasher;
  for (const DocumentSummary& document : corpus.documents) {
    if (document.features_key.empty()) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("'{}' ({}) has no features yet; run `twin features` first",
                              document.title, document.link));
    }
    hasher.add(document.id).add(static_cast<long long>(document.version));
    hasher.add(document.features_key).add(document.title);
    hasher.add(static_cast<long long>(corpus.split.at(document.id)));
  }
  corpus.key = hasher.finish();
  return corpus;
}

}  // namespace twin
