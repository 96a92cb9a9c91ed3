#include <nlohmann/json.hpp>

#include "base/json.h"
#include "stores/vectors/collections_end.h"

namespace twin {
namespace {

using namespace vectors;

Json list_of(const std::vector<PointId>& ids) {
  Json list = Json::array();
  for (const PointId& id : ids) list.push_back(id.to_json());
  return list;
}

class QdrantEnd : public CollectionsEnd {
 public:
  QdrantEnd(const Context& context, HttpClient& client, const QdrantOptions& options)
      : name_(options.url), client_(context, client, options) {}

  const std::string& name() const override { return name_; }
  std::vector<std::string> list() const override { return client_.list(); }
  std::optional<VectorCollection> find(const std::string& collection) const override {
    return client_.find(collection);
  }
  void create(const VectorCollection& collection) override { client_.create(collection); }
  void drop(const std::string& collection) override { client_.drop(collection); }

  void change(std::span<const CollectionChange> changes) override {
    for (const CollectionChange& change : changes) {
      Json list = Json::array();
      for (const CollectionPoint& point : change.upsert) {
        Json json = {{"id", point.id.to_json()}, {"payload", parse_json(point.payload, "payload")}};
        json["vector"] = point.vector.empty() ? Json::object() : Json(point.vector);
        list.push_back(std::move(json));
      }
      client_.upsert(change.collection, list);
    }
    for (const CollectionChange& change : changes) {
      if (change.remove.empty()) continue;
      client_.remove(change.collection, {{"points", list_of(change.remove)}});
    }
  }
  void remove_passing(const std::vector<std::string>& collections,
                      const PayloadFilter& filter) override {
    const Json selector = {{"filter", to_json(filter)}};
    for (const std::string& one : collections) client_.remove(one, selector);
  }

  std::vector<CollectionPoint> search(const std::string& collection,
                                      const CollectionQuery& query) const override {
    return client_.search(collection, query.vector, query.k, query.filter);
  }
  std::vector<CollectionPoint> scroll(const std::string& collection, const PointId& from,
                                      size_t limit, const PayloadFilter& filter,
                                      bool with_vectors) const override {
    return client_.scroll(collection, from, limit, filter, with_vectors);
  }
  std::vector<CollectionPoint> get(const std::string& collection,
                                   const std::vector<PointId>& ids) const override {
    return client_.get(collection, list_of(ids));
  }
  size_t count(const std::string& collection, const PayloadFilter& filter) const override {
    return client_.count(collection, filter);
  }

 private:
  std::string name_;
  QdrantClient client_;
};

}  // namespace

std::unique_ptr<CollectionsEnd> make_qdrant_end(const Context& context, HttpClient& client,
                                                const QdrantOptions& options) {
  return std::make_unique<QdrantEnd>(context, client, options);
}

}  // namespace twin
