#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "base/http_client.h"
#include "base/json.h"
#include "stores/vectors/payload_filter.h"
#include "stores/vectors/point_id.h"
#include "stores/vectors/vector_collections.h"

namespace twin {

struct QdrantOptions {
  std::string url;      // "http://localhost:6333", "https://....cloud.qdrant.io:6333"
  std::string api_key;  // of the environment (QDRANT_API_KEY); empty: none is sent
  size_t batch = 256;   // points of one request
  BackoffOptions backoff = {};
};

namespace vectors {

// The requests of Qdrant's REST that the twin makes. Thread-safe. Sent again as
// make_qdrant_vector_store() says. Errors: kUsage for a key that is refused; kRemote else, also for
// an answer that is not Qdrant's.
class QdrantClient {
 public:
  QdrantClient(const Context& context, HttpClient& client, const QdrantOptions& options)
      : context_(context), client_(client), options_(options) {}

  std::vector<std::string> list() const;  // names
  // Nothing where it is not there.
  std::optional<VectorCollection> find(const std::string& collection) const;
  // With its indexed fields. No error where the same is there already.
  void create(const VectorCollection& collection) const;
  void drop(const std::string& collection) const;
  void upsert(const std::string& collection, const Json& points) const;
  void remove(const std::string& collection, const Json& selector) const;
  std::vector<CollectionPoint> search(const std::string& collection, std::span<const float> vector,
                                      size_t k, const PayloadFilter& filter) const;
  // Up to `limit` points with ids from `from` on (empty: from the first), by id.
  std::vector<CollectionPoint> scroll(const std::string& collection, const PointId& from,
                                      size_t limit, const PayloadFilter& filter,
                                      bool with_vectors) const;
  // Those of the ids that are there, with payload and vector.
  std::vector<CollectionPoint> get(const std::string& collection, const Json& ids) const;
  size_t count(const std::string& collection, const PayloadFilter& filter) const;

 private:
  // The "result" of the answer; nothing for 404.
  std::optional<Json> call(const std::string& method, const std::string& path,
                           const Json& body) const;
  Json call_existing(const std::string& method, const std::string& path, const Json& body) const;
  std::string path_of(const std::string& collection, std::string_view rest = {}) const;

  const Context& context_;
  HttpClient& client_;
  QdrantOptions options_;
  mutable std::mutex mutex_;  // the client takes one call at a time
};

}  // namespace vectors
}  // namespace twin
