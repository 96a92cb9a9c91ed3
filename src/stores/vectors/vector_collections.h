#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "stores/vectors/distance.h"
#include "stores/vectors/index_keeper.h"
#include "stores/vectors/payload_filter.h"
#include "stores/vectors/point_id.h"

namespace twin {

// A named set of points, as Qdrant has them.
struct VectorCollection {
  std::string name;
  size_t dimensions = 0;  // 0: points without vectors
  vectors::Distance distance = vectors::Distance::kCosine;
  std::map<std::string, std::string> fields = {};  // indexed payload fields -> schema ("keyword")
  std::string settings = "{}";                     // JSON of its maker, kept as it is
};

struct CollectionPoint {
  vectors::PointId id;
  std::string payload = "{}";      // a JSON object; empty where it was not asked for
  std::vector<float> vector = {};  // empty where it was not asked for
  float score = 0;                 // of a search: higher is nearer; Euclid: the distance
};

// What of the points is wanted.
struct PointParts {
  bool payload = true;
  bool vector = false;
};

struct CollectionQuery {
  std::vector<float> vector;
  size_t k = 10;
  vectors::PayloadFilter filter = {};
  bool exact = false;  // never the graph
  PointParts parts = {};
};

// Changes to several collections that happen together or not at all.
struct CollectionChange {
  std::string collection;
  std::vector<vectors::PointId> remove = {};  // first; ids that are not there are no error
  std::vector<CollectionPoint> upsert = {};
};

struct VectorCollectionsOptions {
  std::string isa = {};  // TWIN_FORCE_ISA; empty: the best this processor has
  vectors::IndexKeeping keeping = {};
  vectors::CollectionIndex::SearchOptions search = {};
};

// Collections of points (an id, a JSON payload, a vector) that are found by nearness and filtered
// by payload: Qdrant's data model, in one file. Names below may be aliases too.
//
// Points are kept in a SQLite database (WAL): a change is atomic and durable when it returns. What
// searches need is in memory, or mapped from a file made of the database, and follows it: each call
// sees every change committed before it, by whatever process. Reads write nothing that anyone waits
// for. Vectors of Cosine are brought to unit length. Searches are exact up to a size that takes
// about 10 ms and go through a graph (HNSW) beyond; a filter that leaves few is exact again.
//
// Thread-safe. Errors: kUsage for a collection that is not there; kBadInput for a vector of other
// dimensions, one that is not finite, or a damaged store; kFailed for an unusable or locked store.
class VectorCollections {
 public:
  virtual ~VectorCollections() = default;

  virtual std::vector<VectorCollection> list() const = 0;  // by name
  virtual std::optional<VectorCollection> find(std::string_view name) const = 0;
  // False where there is one of that name already. Errors: kBadInput for a bad name, more than
  // 65,536 dimensions.
  virtual bool create(const VectorCollection& collection) = 0;
  virtual bool drop(std::string_view name) = 0;  // false where there was none
  virtual void index_field(std::string_view name, const std::string& field,
                           const std::string& schema) = 0;
  virtual void drop_field_index(std::string_view name, const std::string& field) = 0;

  virtual std::map<std::string, std::string> aliases() const = 0;  // alias -> collection
  // In order, all or none; an empty collection drops the alias.
  virtual void change_aliases(
      const std::vector<std::pair<std::string, std::string>>& alias_to_collection) = 0;

  virtual void change(std::span<const CollectionChange> changes) = 0;

  // Best first; equal scores by id.
  virtual std::vector<CollectionPoint> search(std::string_view name,
                                              const CollectionQuery& query) const = 0;
  // Up to `limit` points with ids from `from` on (empty: from the first), by id.
  virtual std::vector<CollectionPoint> scroll(std::string_view name, const vectors::PointId& from,
                                              size_t limit, const vectors::PayloadFilter& filter,
                                              PointParts parts) const = 0;
  // Those of the ids that are there, in the order asked for.
  virtual std::vector<CollectionPoint> get(std::string_view name,
                                           std::span<const vectors::PointId> ids,
                                           PointParts parts) const = 0;
  virtual std::vector<vectors::PointId> ids(std::string_view name,
                                            const vectors::PayloadFilter& filter) const = 0;
  virtual size_t count(std::string_view name, const vectors::PayloadFilter& filter = {}) const = 0;

  // Until the files of the indices are as they should be: for tests and benchmarks.
  virtual void wait_until_kept() = 0;
};

// Opens or creates the database file. `context` outlives the collections.
std::unique_ptr<VectorCollections> open_vector_collections(Context& context,
                                                           const std::filesystem::path& path,
                                                           VectorCollectionsOptions options = {});

}  // namespace twin
