#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "stores/vectors/vector_collections.h"

namespace twin::qdrant {

// The parts that requests of Qdrant's REST are made of. All reading functions throw
// Error(kBadInput) that names the member which is wrong.

// A request that is answered with an HTTP status of its own.
struct Refusal {
  int status;
  std::string message;
};
Refusal no_such_route(const std::string& method, const std::string& path);

// What a change is answered with.
Json done();

constexpr size_t kMostPoints = 100'000;  // of one answer

// Which members of the payload an answer has.
class PayloadSelection {
 public:
  static PayloadSelection read(const Json& body, bool by_default);
  bool any() const { return any_; }
  Json apply(Json payload) const;

 private:
  bool any_ = false;
  std::optional<std::set<std::string>> include_;
  std::set<std::string> exclude_;
};

// Which parts of points an answer has.
struct PartsWanted {
  PayloadSelection payload;
  bool vector = false;
  PointParts parts() const { return {payload.any(), vector}; }
};
PartsWanted read_parts(const Json& body, bool payload_by_default);

Json record_json(const CollectionPoint& point, const PartsWanted& wanted);
Json scored_json(const CollectionPoint& point, const PartsWanted& wanted);

const Json& member(const Json& body, const char* name);  // null where absent
std::string string_member(const Json& body, const char* name, const std::string& where);
size_t count_member(const Json& body, const char* name, size_t by_default, size_t least);
std::vector<vectors::PointId> read_ids(const Json& list, const std::string& where);
// Floats of a plain vector; an empty object is no vector. Named vectors are an error.
std::vector<float> read_vector(const Json& vector, const std::string& where);
// {"points": [...]} or {"batch": {...}}.
std::vector<CollectionPoint> read_points(const Json& body);
// The collection of PUT /collections/{name}.
VectorCollection read_collection(const std::string& name, const Json& body);
// "keyword" or {"type": "keyword", ...}.
std::string read_schema(const Json& schema);

}  // namespace twin::qdrant
