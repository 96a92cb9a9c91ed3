#pragma once

#include <map>

#include "base/context.h"
#include "features/chunk.h"
#include "stores/documents/document_store.h"

namespace twin {

struct FeaturesReport {
  size_t documents = 0;  // in the store
  size_t done = 0;       // cleaned, cut and indexed now
  size_t unchanged = 0;  // already done from the same input
  size_t chunks = 0;     // in the store afterwards
  size_t verbatim_bytes = 0;
  std::map<SpanKind, size_t> kept_bytes;
  std::map<RemovalReason, size_t> removed_bytes;
};

// Brings the features of every document up to date: clean, chunk, index. A document's key is the
// hash of its text and metadata, the versions of cleaning and chunking, their options, and those
// repeated blocks of its author that stand in it; the same key is not done again. Each document is
// committed as it is finished. Errors: kInterrupted between documents.
FeaturesReport update_features(Context& context, DocumentStore& store, const ChunkOptions& options);

}  // namespace twin
