#include "stores/vectors/qdrant_vector_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "stores/vectors/point_payload.h"
#include "stores/vectors/qdrant_client.h"

namespace twin {
namespace {

using namespace vectors;

class QdrantVectorStore : public VectorStore {
 public:
  QdrantVectorStore(const Context& context, HttpClient& client, const QdrantOptions& options)
      : client_(context, client, options), options_(options) {
    for (const Category category : kCategories) prepare(embedded_collection(category));
  }

  void upsert(std::span<const VectorPoint> points) override {
    for (const Category category : kCategories) {
      Json list = Json::array(), elsewhere = Json::array();
      for (const VectorPoint& point : points) {
        const Json id = point_id(point.id).to_json();
        if (point.category != category) {
          elsewhere.push_back(id);
          continue;
        }
        TWIN_CHECK(point.vector.size() == options_.dimensions);
        list.push_back({{"id", id},
                        {"vector", point.vector},
                        {"payload", payload_of(point, options_.embedder)}});
      }
      const std::string name = embedded_collection(category);
      client_.upsert(name, list);
      // A document may change its category.
      if (!elsewhere.empty()) client_.remove(name, {{"points", elsewhere}});
    }
  }

  void remove_document(std::string_view document_id) override {
    const Json selector = {{"filter", to_json(payload_filter(of_document(document_id)))}};
    for (const Category category : kCategories) {
      client_.remove(embedded_collection(category), selector);
    }
  }

  std::vector<VectorHit> search(std::span<const float> query, size_t k,
                                const VectorFilter& filter) const override {
    TWIN_CHECK(query.size() == options_.dimensions);
    std::vector<VectorHit> hits;
    if (k == 0) return hits;
    for (const Category category : kCategories) {
      if (filter.category.value_or(category) != category) continue;
      for (const CollectionPoint& point :
           client_.search(embedded_collection(category), query, k, payload_filter(filter))) {
        hits.push_back({read(point).id, point.score});
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
      // One more, because the first may be `after` itself.
      for (CollectionPoint& point : client_.scroll(embedded_collection(category), last,
                                                   limit == SIZE_MAX ? limit : limit + 1,
                                                   payload_filter(filter), with_vectors)) {
        if (point.id == last) continue;
        VectorPoint one = read(point);
        one.vector = std::move(point.vector);
        found.emplace_back(std::move(point.id), std::move(one));
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
      points += client_.count(embedded_collection(category), payload_filter(filter));
    }
    return points;
  }

  std::map<std::string, std::string> hashes_of(std::string_view document_id) const override {
    std::map<std::string, std::string> hashes;
    for (VectorPoint& point : scroll({}, SIZE_MAX, of_document(document_id), false)) {
      hashes.emplace(std::move(point.id), std::move(point.content_hash));
    }
    return hashes;
  }

 private:
  static VectorFilter of_document(std::string_view document_id) {
    VectorFilter filter;
    filter.document_ids = {std::string(document_id)};
    return filter;
  }

  VectorPoint read(const CollectionPoint& point) const {
    return point_from_payload(parse_json(point.payload, options_.url), options_.url);
  }

  void prepare(const std::string& name) {
    const std::optional<VectorCollection> found = client_.find(name);
    if (found) {
      const std::vector<CollectionPoint> first = client_.scroll(name, {}, 1, {}, false);
      std::string embedder = options_.embedder;
      if (!first.empty()) {
        const Json payload = parse_json(first[0].payload, options_.url);
        const bool ours =
            payload.is_object() && payload.contains("embedder") && payload["embedder"].is_string();
        embedder = ours ? payload["embedder"].get<std::string>() : "an unknown embedder";
      }
      if (found->dimensions == options_.dimensions && embedder == options_.embedder) return;
      if (!first.empty() && !options_.replace_other_embedder) {
        throw Error(
            ErrorCode::kUsage,
            fmt::format("the vectors of {} at {} were made by {} ({} dimensions), not by {} "
                        "({}): set the embedder back, or have all passages embedded again",
                        name, options_.url, embedder, found->dimensions, options_.embedder,
                        options_.dimensions));
      }
      client_.drop(name);
    }
    client_.create({.name = name, .dimensions = options_.dimensions, .fields = indexed_fields()});
  }

  QdrantClient client_;
  QdrantOptions options_;
};

}  // namespace

std::unique_ptr<VectorStore> make_qdrant_vector_store(const Context& context, HttpClient& client,
                                                      const QdrantOptions& options) {
  return std::make_unique<QdrantVectorStore>(context, client, options);
}

}  // namespace twin
