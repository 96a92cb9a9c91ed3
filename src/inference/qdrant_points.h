#pragma once

#include <span>
#include <string>

#include "base/json.h"
#include "stores/vectors/vector_collections.h"

namespace twin::qdrant {

// The result of METHOD /collections/NAME/points/PATH with this body: upsert, search, query, scroll,
// count, delete, payloads, batches. Requires that the collection is there. Errors: kBadInput for
// what the client sent; Refusal.
Json point_operation(VectorCollections& collections, const std::string& name,
                     const std::string& method, std::span<const std::string> path,
                     const Json& body);

}  // namespace twin::qdrant
