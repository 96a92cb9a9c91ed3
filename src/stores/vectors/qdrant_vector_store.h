#pragma once

#include <memory>
#include <string>

#include "base/backoff.h"
#include "base/http_client.h"
#include "stores/vectors/vector_store.h"

namespace twin {

struct QdrantOptions {
  std::string url;      // "http://localhost:6333", "https://....cloud.qdrant.io:6333"
  std::string api_key;  // of the environment (QDRANT_API_KEY); empty: none is sent
  size_t dimensions = 0;
  std::string embedder;  // as EmbeddedVectorOptions
  bool replace_other_embedder = false;
  size_t batch = 256;  // points of one request
  BackoffOptions backoff = {};
};

// The store in a Qdrant server (1.10 or newer) over its REST API, or in whatever speaks it, a
// twin's own service among them: the collections embedded_articles, embedded_posts and
// embedded_repositories, made where missing, with indexes on what filters ask for. Requests are
// sent again where the connection broke, the server was busy (429, Retry-After) or failed (5xx):
// each may happen twice without harm. A batch is atomic as far as the server's are; a document's
// points are in one collection. Scores and the order of equal ones are the server's. Both outlive
// the store. Errors: kUsage for another embedder's vectors or a key that is refused; kRemote else.
std::unique_ptr<VectorStore> make_qdrant_vector_store(const Context& context, HttpClient& client,
                                                      const QdrantOptions& options);

}  // namespace twin
