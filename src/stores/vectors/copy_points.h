#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "stores/vectors/qdrant_vector_store.h"
#include "stores/vectors/vector_collections.h"

namespace twin {

// One side of a copy of collections: a workspace's, or a Qdrant server's.
class CollectionsEnd {
 public:
  virtual ~CollectionsEnd() = default;
  virtual std::vector<std::string> list() = 0;
  virtual std::optional<VectorCollection> find(const std::string& name) = 0;
  virtual void create(const VectorCollection& collection) = 0;
  // Up to `limit` points from `from` on, by id, with all parts.
  virtual std::vector<CollectionPoint> scroll(const std::string& name, const vectors::PointId& from,
                                              size_t limit) = 0;
  // Those of the ids that are there, in any order, with all parts.
  virtual std::vector<CollectionPoint> get(const std::string& name,
                                           const std::vector<vectors::PointId>& ids) = 0;
  virtual void put(const std::string& name, std::vector<CollectionPoint> points) = 0;
  virtual size_t count(const std::string& name) = 0;
};

// What they stand on outlives them.
std::unique_ptr<CollectionsEnd> make_workspace_end(VectorCollections& collections);
std::unique_ptr<CollectionsEnd> make_qdrant_end(const Context& context, HttpClient& client,
                                                const QdrantOptions& options);

struct PointCopy {
  size_t points = 0;      // of the source
  size_t written = 0;     // of them, that were not in the target as they are
  size_t only_there = 0;  // points that only the target has
};

// Writes points to the target where it does not have them as they are, and reads back what it
// wrote. Makes the collection where it is missing. A copy that was cut short goes on by itself.
// Errors: kUsage where the target's collection has other dimensions or another distance; kFailed
// where a point reads back as another or points are missing at the end; kInterrupted.
PointCopy copy_collection(const Context& context, CollectionsEnd& from, CollectionsEnd& to,
                          const std::string& name);
// The same with points made by the caller, some at a time.
PointCopy copy_points(CollectionsEnd& to, const std::string& name,
                      std::vector<CollectionPoint> points);

}  // namespace twin
