#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/context.h"
#include "stores/vectors/vector_collections.h"

namespace twin {

// An HTTP answer: always JSON.
struct QdrantAnswer {
  int status = 200;
  std::string body;
};

struct QdrantRequest {
  std::string method;  // "GET", "POST", "PUT", "DELETE"
  std::string path;    // decoded: "/collections/notes/points"
  std::string body;    // JSON, or empty
};

// Qdrant's REST over a workspace's collections, so that its clients and whatever is built on them
// read and write the twin's vectors: collections, aliases, payload indexes, points, search, query,
// scroll, count. What is not supported (named and sparse vectors, geo conditions, fusion,
// recommendations, snapshots, clusters) is an error that says so. Shapes and errors are Qdrant's:
// {"result", "status": "ok", "time"} and {"status": {"error"}, "time"}.
// Source: https://api.qdrant.tech/api-reference. Thread-safe.
class QdrantApi {
 public:
  // Both outlive the API.
  QdrantApi(const Context& context, VectorCollections& collections)
      : context_(context), collections_(collections) {}

  // Whether a path is one of the API's, so that handle() answers it.
  static bool owns(std::string_view path);
  // What `GET /` says of the service: clients look at the version.
  static std::string version();

  // Never throws for what a client sent.
  QdrantAnswer handle(const QdrantRequest& request);

 private:
  const Context& context_;
  VectorCollections& collections_;
};

}  // namespace twin
