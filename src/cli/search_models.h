#pragma once

#include <memory>
#include <string>

#include "cli/command.h"
#include "inference/retrieval.h"
#include "models/embedder.h"
#include "models/reranker.h"
#include "stores/vectors/vector_collections.h"
#include "stores/vectors/vector_store.h"

namespace twin {

// The models that `search.*` names and the vectors made with them.
struct SearchModels {
  std::unique_ptr<Embedder> embedder;    // null: none is set
  std::unique_ptr<Reranker> reranker;    // null: none is set
  std::unique_ptr<VectorStore> vectors;  // null where embedder is

  RetrievalModels models() const { return {vectors.get(), embedder.get(), reranker.get()}; }
};

// Errors: kUsage where a model is not there.
std::unique_ptr<Embedder> search_embedder(Session& session);
std::unique_ptr<Reranker> search_reranker(Session& session);
// All collections of the workspace's vectors.db.
std::unique_ptr<VectorCollections> workspace_collections(Session& session);
// An embedder's vectors in the file `path`, those of another dropped.
std::unique_ptr<VectorStore> vectors_for(Session& session, const Embedder& embedder,
                                         const std::filesystem::path& path);

// All of them, for searching the workspace. `collections`: the workspace's where they are open
// already, they outlive the result; null: opened here. Errors: kUsage also where the vectors are
// another embedder's.
SearchModels workspace_search_models(Session& session, VectorCollections* collections = nullptr);

// The search.* settings. Errors: kUsage naming the setting, or the stage that is not known.
RetrievalStages retrieval_stages(Session& session);
double min_similarity(Session& session);

}  // namespace twin
