#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/http_client.h"
#include "stores/vectors/qdrant_client.h"
#include "stores/vectors/vector_collections.h"

namespace twin {

// What keeps collections of points, wherever it is: a workspace's file or a Qdrant server. The
// vector store and copies are written against it. Thread-safe. Errors: those of VectorCollections
// and of QdrantClient.
class CollectionsEnd {
 public:
  virtual ~CollectionsEnd() = default;

  virtual const std::string& name() const = 0;  // for messages
  virtual std::vector<std::string> list() const = 0;
  virtual std::optional<VectorCollection> find(const std::string& collection) const = 0;
  virtual void create(const VectorCollection& collection) = 0;
  virtual void drop(const std::string& collection) = 0;

  // Requires that no change removes and puts the same id. A workspace's changes happen together or
  // not at all; a server's one after the other, what is put before what is removed.
  virtual void change(std::span<const CollectionChange> changes) = 0;
  // Likewise, of all the collections.
  virtual void remove_passing(const std::vector<std::string>& collections,
                              const vectors::PayloadFilter& filter) = 0;

  virtual std::vector<CollectionPoint> search(const std::string& collection,
                                              const CollectionQuery& query) const = 0;
  // Up to `limit` points with ids from `from` on (empty: from the first), by id, with payload.
  virtual std::vector<CollectionPoint> scroll(const std::string& collection,
                                              const vectors::PointId& from, size_t limit,
                                              const vectors::PayloadFilter& filter,
                                              bool with_vectors) const = 0;
  // Those of the ids that are there, in any order, with all parts.
  virtual std::vector<CollectionPoint> get(const std::string& collection,
                                           const std::vector<vectors::PointId>& ids) const = 0;
  virtual size_t count(const std::string& collection,
                       const vectors::PayloadFilter& filter = {}) const = 0;
};

// What they stand on outlives them, but for collections that are given away.
std::unique_ptr<CollectionsEnd> make_workspace_end(VectorCollections& collections);
std::unique_ptr<CollectionsEnd> make_workspace_end(std::unique_ptr<VectorCollections> collections);
std::unique_ptr<CollectionsEnd> make_qdrant_end(const Context& context, HttpClient& client,
                                                const QdrantOptions& options);

}  // namespace twin
