#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/http_client.h"
#include "cli/command.h"
#include "inference/retrieval.h"
#include "models/embedder.h"
#include "models/reranker.h"
#include "stores/vectors/vector_collections.h"
#include "stores/vectors/vector_store.h"

namespace twin {

// What the search.* settings name: models, in this process or behind a URL, and the vectors made
// with them, in the workspace or in a Qdrant server.
struct SearchModels {
  std::vector<std::unique_ptr<HttpClient>> clients = {};  // of what is behind a URL
  std::unique_ptr<Embedder> embedder = {};                // null: none is set
  std::unique_ptr<Reranker> reranker = {};                // null: none is set
  std::unique_ptr<VectorStore> vectors = {};              // null: no embedder, or nothing to read
  std::unique_ptr<StructuredModel> self_query = {};       // null: none is set

  RetrievalModels models() const;
};

struct SearchModelsOptions {
  // kRead for whoever searches: nothing is made. kReplace for whoever makes vectors, with the
  // embedder alone or `to_search` too.
  VectorAccess access = VectorAccess::kRead;
  bool to_search = true;
  // The workspace's collections where they are open already, which outlive the models.
  VectorCollections* collections = nullptr;
  // Vectors of something else than the workspace, in a file of their own.
  std::filesystem::path file = {};
};

// The only place where they are made. Errors: kUsage naming the setting that is wrong, the model
// that is not there, or where the vectors are another embedder's; kRemote.
SearchModels open_search_models(Session& session, const SearchModelsOptions& options = {});

// All collections of the workspace's vectors.db.
std::unique_ptr<VectorCollections> workspace_collections(Session& session);

// A small embedder that is good for a start, and what fetching it takes.
inline constexpr const char* kOfferedEmbedder = "sentence-transformers/all-MiniLM-L6-v2";
inline constexpr const char* kOfferedEmbedderSize = "90 MB";

// How to add a model that finds by meaning, in one sentence.
std::string embedder_hint();

// The search.* settings. Errors: kUsage naming the setting, or the stage that is not known.
RetrievalStages retrieval_stages(Session& session);
double min_similarity(Session& session);

}  // namespace twin
