#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/context.h"
#include "domain/chunk.h"
#include "domain/passage_filter.h"
#include "inference/self_query.h"
#include "models/embedder.h"
#include "models/reranker.h"
#include "models/structured_model.h"
#include "stores/documents/document_store.h"
#include "stores/vectors/vector_store.h"

namespace twin {

// The stages of retrieval, in their order; each can be left out. What needs a model is left out
// where there is none.
struct RetrievalStages {
  bool self_query = true;  // filter by what the request names: author, platform, time, tags; by
                           // rules, then by a model where there is one
  bool bm25 = true;        // rank by words
  bool dense = true;       // rank by meaning
  bool expansion = false;  // where little was found: by words of the best passages too
  bool rerank = true;      // order the best anew, each read beside the request
  bool duplicates = true;  // leave out what a better passage says already
  bool diversity = false;  // prefer what the passages before do not say
  bool neighbours = true;  // join passages that follow one another

  bool operator==(const RetrievalStages&) const = default;
};

struct RetrievalOptions {
  size_t k = 5;
  PassageFilter filter = {};     // beside what the request itself names
  bool own_prose_only = false;   // leave out passages that are mostly code or quotation
  size_t most_per_document = 0;  // passages of one document; 0: any number
  double min_similarity = 0;     // a passage found by meaning alone has at least this cosine
  size_t candidates = 100;       // that bm25 and dense each give
  size_t reranked = 50;          // that the reranker reads
  RetrievalStages stages = {};
};

// Where one passage stood after each stage, from 1; 0: not among them.
struct PassageRanks {
  size_t bm25 = 0, dense = 0, expansion = 0, fused = 0, rerank = 0;
  double bm25_score = 0, similarity = 0, fused_score = 0, rerank_score = 0;
};

struct StageTime {
  std::string stage;
  double seconds = 0;
};

struct Retrieval {
  std::vector<Passage> passages;              // best first; score is that of the last stage that
                                              // scored: reranker, fusion, dense or bm25
  std::map<std::string, PassageRanks> ranks;  // by chunk id, of all candidates
  std::vector<StageTime> times;               // of the stages that ran, in order; bm25 and dense
                                              // ran side by side
  UnderstoodRequest understood;
  bool filter_dropped = false;  // nothing passed what the request names: found without it
  size_t cut_for_reranker = 0;  // passages it read the beginning of alone: longer than it takes
};

// The models of retrieval, each null where there is none: vectors and embedder go together.
struct RetrievalModels {
  const VectorStore* vectors = nullptr;
  Embedder* embedder = nullptr;
  Reranker* reranker = nullptr;
  StructuredModel* self_query = nullptr;
};

// Finds the passages that answer a request. Writes nothing; the same store and models give the same
// passages in the same order. Thread-safe: one request at a time uses the context's threads.
class Retriever {
 public:
  // All outlive the retriever. What requests can name (authors, platforms) is what the store has at
  // the time of the request.
  Retriever(Context& context, const DocumentStore& store, const RetrievalModels& models = {});

  // No passages where nothing in the store has to do with the request: none of its telling words
  // occurs and nothing is as near as min_similarity. Errors: kRemote from a remote model; kBadInput
  // for a request longer than the embedder takes, or than leaves the reranker room for a passage.
  // A model of self-query that fails costs its help alone: understood.notes says so.
  Retrieval retrieve(const std::string& request, const RetrievalOptions& options) const;

  const DocumentStore& store() const { return store_; }
  bool has_embedder() const { return models_.embedder != nullptr; }
  bool has_reranker() const { return models_.reranker != nullptr; }

 private:
  Context& context_;
  const DocumentStore& store_;
  RetrievalModels models_;
  mutable std::mutex one_;
};

}  // namespace twin
