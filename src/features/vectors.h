#pragma once

#include "base/context.h"
#include "models/embedder.h"
#include "stores/documents/document_store.h"
#include "stores/vectors/vector_store.h"

namespace twin {

// What is embedded of a passage that is longer than the embedder takes.
enum class LongPassages {
  kInPieces,  // all of it: the mean of its pieces' vectors, each piece counting by its tokens
  kBeginning  // what fits
};

struct VectorsReport {
  size_t documents = 0, done = 0, unchanged = 0;
  size_t passages = 0;       // embedded now
  size_t long_passages = 0;  // of those, longer than the embedder takes
};

// Makes the vector store what the document store's features say: passages of documents that are new
// or changed are embedded, each with its title and heading path, those of others are left alone.
// Each batch of documents is committed as it is finished. Errors: kInterrupted; the embedder's.
VectorsReport update_vectors(Context& context, const DocumentStore& store, VectorStore& vectors,
                             Embedder& embedder,
                             LongPassages long_passages = LongPassages::kInPieces);

}  // namespace twin
