#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"
#include "stores/vectors/payload_filter.h"
#include "stores/vectors/vector_store.h"

namespace twin::vectors {

// How a VectorStore's points lie in collections, the embedded ones and Qdrant's alike: one
// collection for each category, the chunk's id hashed to a UUID, all else in the payload.
inline constexpr std::array kCategories = {Category::kArticles, Category::kPosts,
                                           Category::kRepositories};
std::string embedded_collection(Category category);  // "embedded_articles", ...

// The payload's fields that searches filter by -> schema of their index.
const std::map<std::string, std::string>& indexed_fields();

PointId point_id(std::string_view chunk_id);
Json payload_of(const VectorPoint& point, std::string_view embedder);
// Errors: kBadInput naming `where` for a payload that payload_of() did not make.
VectorPoint point_from_payload(const Json& payload, std::string_view where);

// But for the category, which names the collection.
PayloadFilter payload_filter(const VectorFilter& filter);

// "2024-07-29T10:00:00Z" -> 20240729100000: what is not said is `fill` (0 or 9). Nothing for what
// does not begin with a year.
std::optional<int64_t> date_key(std::string_view date, char fill);

}  // namespace twin::vectors
