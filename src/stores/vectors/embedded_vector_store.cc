#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "stores/vectors/point_payload.h"
#include "stores/vectors/vector_collections.h"
#include "stores/vectors/vector_store.h"

namespace twin {
namespace {

using namespace vectors;

constexpr const char* kWhere = "vector store";

class EmbeddedVectorStore : public VectorStore {
 public:
  EmbeddedVectorStore(VectorCollections& collections, const EmbeddedVectorOptions& options)
      : collections_(collections), options_(options) {
    for (const Category category : kCategories) prepare(embedded_collection(category));
  }

  void upsert(std::span<const VectorPoint> points) override {
    std::vector<CollectionChange> changes;
    for (const Category category : kCategories) {
      changes.push_back({embedded_collection(category), {}, {}});
    }
    for (const VectorPoint& point : points) {
      for (size_t i = 0; i < kCategories.size(); ++i) {
        if (point.category == kCategories[i]) {
          changes[i].upsert.push_back(
              {point_id(point.id), dump_json(payload_of(point, options_.embedder)), point.vector});
        } else {
          changes[i].remove.push_back(point_id(point.id));  // a document may change its category
        }
      }
    }
    collections_.change(changes);
  }

  void remove_document(std::string_view document_id) override {
    VectorFilter filter;
    filter.document_ids = {std::string(document_id)};
    std::vector<CollectionChange> changes;
    for (const Category category : kCategories) {
      const std::string name = embedded_collection(category);
      changes.push_back({name, collections_.ids(name, payload_filter(filter)), {}});
    }
    collections_.change(changes);
  }

  std::vector<VectorHit> search(std::span<const float> query, size_t k,
                                const VectorFilter& filter) const override {
    TWIN_CHECK(query.size() == options_.dimensions);
    CollectionQuery wanted;
    wanted.vector.assign(query.begin(), query.end());
    wanted.k = k;
    wanted.filter = payload_filter(filter);
    std::vector<VectorHit> hits;
    for (const Category category : kCategories) {
      if (filter.category.value_or(category) != category) continue;
      for (const CollectionPoint& point :
           collections_.search(embedded_collection(category), wanted)) {
        hits.push_back({chunk_id(point), point.score});
      }
    }
    std::sort(hits.begin(), hits.end(), [](const VectorHit& a, const VectorHit& b) {
      return a.score != b.score ? a.score > b.score : a.id < b.id;
    });
    if (hits.size() > k) hits.resize(k);
    return hits;
  }

  std::vector<VectorPoint> scroll(std::string_view after, size_t limit, const VectorFilter& filter,
                                  bool with_vectors) const override {
    const PointId last = after.empty() ? PointId() : point_id(after);
    std::vector<std::pair<PointId, VectorPoint>> found;
    for (const Category category : kCategories) {
      if (filter.category.value_or(category) != category) continue;
      const std::string name = embedded_collection(category);
      // One more, because the first may be `after` itself.
      for (CollectionPoint& point : collections_.scroll(
               name, last, limit + 1, payload_filter(filter), {.vector = with_vectors})) {
        if (point.id == last) continue;
        VectorPoint read = point_from_payload(parse_json(point.payload, kWhere), kWhere);
        read.vector = std::move(point.vector);
        found.emplace_back(std::move(point.id), std::move(read));
      }
    }
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<VectorPoint> points;
    for (auto& [id, point] : found) {
      if (points.size() < limit) points.push_back(std::move(point));
    }
    return points;
  }

  size_t count(const VectorFilter& filter) const override {
    size_t points = 0;
    for (const Category category : kCategories) {
      if (filter.category.value_or(category) != category) continue;
      points += collections_.count(embedded_collection(category), payload_filter(filter));
    }
    return points;
  }

  std::map<std::string, std::string> hashes_of(std::string_view document_id) const override {
    VectorFilter filter;
    filter.document_ids = {std::string(document_id)};
    std::map<std::string, std::string> hashes;
    for (VectorPoint& point : scroll({}, SIZE_MAX - 1, filter, false)) {
      hashes.emplace(std::move(point.id), std::move(point.content_hash));
    }
    return hashes;
  }

 private:
  static std::string chunk_id(const CollectionPoint& point) {
    return point_from_payload(parse_json(point.payload, kWhere), kWhere).id;
  }

  // Makes the collection, or sees that its vectors are of this embedder.
  void prepare(const std::string& name) {
    const std::optional<VectorCollection> found = collections_.find(name);
    if (found) {
      const std::vector<CollectionPoint> first = collections_.scroll(name, {}, 1, {}, {});
      const std::string embedder =
          first.empty() ? options_.embedder
                        : parse_json(first[0].payload, kWhere).value("embedder", std::string("?"));
      if (found->dimensions == options_.dimensions && embedder == options_.embedder) return;
      if (!first.empty() && !options_.replace_other_embedder) {
        throw Error(
            ErrorCode::kUsage,
            fmt::format("the vectors of {} were made by the embedder {} ({} dimensions), "
                        "not by {} ({}): set the embedder back, or have all passages "
                        "embedded again with `twin features --re-embed`",
                        name, embedder, found->dimensions, options_.embedder, options_.dimensions));
      }
      collections_.drop(name);
    }
    VectorCollection collection;
    collection.name = name;
    collection.dimensions = options_.dimensions;
    collection.fields = indexed_fields();
    collections_.create(collection);
  }

  VectorCollections& collections_;
  EmbeddedVectorOptions options_;
};

// One that owns its collections.
struct OwnCollections {
  std::unique_ptr<VectorCollections> own;
};
class OwningVectorStore : private OwnCollections, public EmbeddedVectorStore {
 public:
  OwningVectorStore(std::unique_ptr<VectorCollections> collections,
                    const EmbeddedVectorOptions& options)
      : OwnCollections{std::move(collections)}, EmbeddedVectorStore(*own, options) {}
};

}  // namespace

std::unique_ptr<VectorStore> open_embedded_vector_store(VectorCollections& collections,
                                                        const EmbeddedVectorOptions& options) {
  return std::make_unique<EmbeddedVectorStore>(collections, options);
}

std::unique_ptr<VectorStore> open_embedded_vector_store(Context& context,
                                                        const std::filesystem::path& path,
                                                        const EmbeddedVectorOptions& options) {
  return std::make_unique<OwningVectorStore>(open_vector_collections(context, path, {options.isa}),
                                             options);
}

}  // namespace twin
