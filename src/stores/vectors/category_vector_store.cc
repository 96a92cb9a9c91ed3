#include "stores/vectors/category_vector_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "stores/vectors/point_payload.h"

namespace twin {
namespace {

using namespace vectors;

// An embedder's identity as people can read it: hashes are long.
std::string shown(const std::string& embedder) { return embedder.substr(0, 12); }

class CategoryVectorStore : public VectorStore {
 public:
  CategoryVectorStore(std::unique_ptr<CollectionsEnd> collections,
                      const VectorStoreOptions& options)
      : end_(std::move(collections)), options_(options) {
    bool found = false;
    for (size_t i = 0; i < kCategories.size(); ++i) {
      if (options_.access != VectorAccess::kRead) prepare(i);
      found = is_there(i) || found;
    }
    // Where nothing is there, is it a store at all? This says what is wrong with it.
    if (!found) static_cast<void>(end_->list());
  }

  void upsert(std::span<const VectorPoint> points) override {
    TWIN_CHECK(options_.access != VectorAccess::kRead);
    std::vector<CollectionChange> changes;
    for (size_t i = 0; i < kCategories.size(); ++i) changes.push_back({name_of_collection(i)});
    for (const VectorPoint& point : points) {
      TWIN_CHECK(point.vector.size() == options_.dimensions);
      const PointId id = point_id(point.id);
      for (size_t i = 0; i < kCategories.size(); ++i) {
        if (point.category == kCategories[i]) {
          changes[i].upsert.push_back(
              {id, dump_json(payload_of(point, options_.embedder)), point.vector});
        } else {
          changes[i].remove.push_back(id);  // a document may change its category
        }
      }
    }
    end_->change(changes);
  }

  void remove_document(std::string_view document_id) override {
    TWIN_CHECK(options_.access != VectorAccess::kRead);
    VectorFilter filter;
    filter.document_ids = {std::string(document_id)};
    std::vector<std::string> names;
    for (size_t i = 0; i < kCategories.size(); ++i) names.push_back(name_of_collection(i));
    end_->remove_passing(names, payload_filter(filter));
  }

  std::vector<VectorHit> search(std::span<const float> query, size_t k,
                                const VectorFilter& filter) const override {
    TWIN_CHECK(query.size() == options_.dimensions);
    std::vector<VectorHit> hits;
    if (k == 0) return hits;
    CollectionQuery wanted;
    wanted.vector.assign(query.begin(), query.end());
    wanted.k = k;
    wanted.filter = payload_filter(filter);
    for (const size_t i : collections_of(filter)) {
      for (const CollectionPoint& point : end_->search(name_of_collection(i), wanted)) {
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
    const PayloadFilter passing = payload_filter(filter);
    std::vector<std::pair<PointId, VectorPoint>> found;
    for (const size_t i : collections_of(filter)) {
      // One more, because the first may be `after` itself.
      const size_t most = limit == SIZE_MAX ? limit : limit + 1;
      for (CollectionPoint& point :
           end_->scroll(name_of_collection(i), last, most, passing, with_vectors)) {
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
    for (const size_t i : collections_of(filter)) {
      points += end_->count(name_of_collection(i), payload_filter(filter));
    }
    return points;
  }

  DocumentHashes hashes_of(std::span<const std::string> document_ids) const override {
    DocumentHashes hashes;
    if (document_ids.empty()) return hashes;
    VectorFilter filter;
    filter.document_ids.assign(document_ids.begin(), document_ids.end());
    for (VectorPoint& point : scroll({}, SIZE_MAX, filter, false)) {
      hashes[point.document_id].emplace(std::move(point.id), std::move(point.content_hash));
    }
    return hashes;
  }

 private:
  static std::string name_of_collection(size_t i) { return embedded_collection(kCategories[i]); }

  // Those that are there and may hold what passes.
  std::vector<size_t> collections_of(const VectorFilter& filter) const {
    std::vector<size_t> all;
    for (size_t i = 0; i < kCategories.size(); ++i) {
      if (filter.category.value_or(kCategories[i]) == kCategories[i] && is_there(i)) {
        all.push_back(i);
      }
    }
    return all;
  }

  VectorPoint read(const CollectionPoint& point) const {
    return point_from_payload(parse_json(point.payload, end_->name()), end_->name());
  }

  struct Found {
    size_t dimensions = 0;
    // Of its first point; nothing: it has none. Empty: of one that twin did not write.
    std::optional<std::string> embedder;
  };
  std::optional<Found> look_at(size_t i) const {
    const std::string name = name_of_collection(i);
    const std::optional<VectorCollection> collection = end_->find(name);
    if (!collection) return std::nullopt;
    Found found{collection->dimensions, {}};
    for (const CollectionPoint& first : end_->scroll(name, {}, 1, {}, false)) {
      const Json payload = parse_json(first.payload, end_->name());
      const bool ours =
          payload.is_object() && payload.contains("embedder") && payload["embedder"].is_string();
      found.embedder = ours ? payload["embedder"].get<std::string>() : "";
    }
    return found;
  }
  bool is_ours(const Found& found) const {
    return found.dimensions == options_.dimensions &&
           found.embedder.value_or(options_.embedder) == options_.embedder;
  }

  [[noreturn]] void refuse(size_t i, const Found& found) const {
    const std::string name = name_of_collection(i);
    if (found.embedder && found.embedder->empty()) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("{}: {} holds points that twin did not write, and is left as it is: "
                              "name another server, or remove the collection there",
                              end_->name(), name));
    }
    throw Error(ErrorCode::kUsage,
                fmt::format("{}: the vectors of {} are of the embedder {} ({} dimensions), not of "
                            "{} ({}): set search.embedder and search.compute back, or run `twin "
                            "features`, which makes them anew",
                            end_->name(), name, shown(found.embedder.value_or("?")),
                            found.dimensions, shown(options_.embedder), options_.dimensions));
  }

  // For a store that is read alone, a collection may still come.
  bool is_there(size_t i) const {
    if (there_[i]) return true;
    const std::optional<Found> found = look_at(i);
    if (!found) return false;
    if (!is_ours(*found)) refuse(i, *found);
    there_[i] = true;
    return true;
  }

  // Makes the collection, or sees that its vectors are of this embedder.
  void prepare(size_t i) {
    if (const std::optional<Found> found = look_at(i)) {
      if (is_ours(*found)) return;
      const bool foreign = found->embedder && found->embedder->empty();
      const bool replace = !found->embedder || options_.access == VectorAccess::kReplace;
      if (foreign || !replace) refuse(i, *found);
      end_->drop(name_of_collection(i));
    }
    end_->create({.name = name_of_collection(i),
                  .dimensions = options_.dimensions,
                  .fields = indexed_fields()});
  }

  std::unique_ptr<CollectionsEnd> end_;
  VectorStoreOptions options_;
  mutable std::array<std::atomic<bool>, kCategories.size()> there_ = {};
};

}  // namespace

std::unique_ptr<VectorStore> make_category_vector_store(std::unique_ptr<CollectionsEnd> collections,
                                                        const VectorStoreOptions& options) {
  return std::make_unique<CategoryVectorStore>(std::move(collections), options);
}

std::unique_ptr<VectorStore> open_embedded_vector_store(VectorCollections& collections,
                                                        const VectorStoreOptions& options) {
  return make_category_vector_store(make_workspace_end(collections), options);
}

std::unique_ptr<VectorStore> open_embedded_vector_store(Context& context,
                                                        const std::filesystem::path& path,
                                                        const VectorStoreOptions& options) {
  return make_category_vector_store(
      make_workspace_end(open_vector_collections(context, path, {options.isa})), options);
}

std::unique_ptr<VectorStore> make_qdrant_vector_store(const Context& context, HttpClient& client,
                                                      const QdrantOptions& server,
                                                      const VectorStoreOptions& options) {
  return make_category_vector_store(make_qdrant_end(context, client, server), options);
}

}  // namespace twin
