#include "stores/vectors/collections_end.h"

namespace twin {
namespace {

using namespace vectors;

class WorkspaceEnd : public CollectionsEnd {
 public:
  explicit WorkspaceEnd(VectorCollections& collections) : collections_(collections) {}
  explicit WorkspaceEnd(std::unique_ptr<VectorCollections> collections)
      : own_(std::move(collections)), collections_(*own_) {}

  const std::string& name() const override { return name_; }
  std::vector<std::string> list() const override {
    std::vector<std::string> names;
    for (const VectorCollection& one : collections_.list()) names.push_back(one.name);
    return names;
  }
  std::optional<VectorCollection> find(const std::string& collection) const override {
    return collections_.find(collection);
  }
  void create(const VectorCollection& collection) override { collections_.create(collection); }
  void drop(const std::string& collection) override { collections_.drop(collection); }

  void change(std::span<const CollectionChange> changes) override { collections_.change(changes); }
  void remove_passing(const std::vector<std::string>& collections,
                      const PayloadFilter& filter) override {
    std::vector<CollectionChange> changes;
    for (const std::string& one : collections) {
      changes.push_back({one, collections_.ids(one, filter), {}});
    }
    collections_.change(changes);
  }

  std::vector<CollectionPoint> search(const std::string& collection,
                                      const CollectionQuery& query) const override {
    return collections_.search(collection, query);
  }
  std::vector<CollectionPoint> scroll(const std::string& collection, const PointId& from,
                                      size_t limit, const PayloadFilter& filter,
                                      bool with_vectors) const override {
    return collections_.scroll(collection, from, limit, filter, {.vector = with_vectors});
  }
  std::vector<CollectionPoint> get(const std::string& collection,
                                   const std::vector<PointId>& ids) const override {
    return collections_.get(collection, ids, {.payload = true, .vector = true});
  }
  size_t count(const std::string& collection, const PayloadFilter& filter) const override {
    return collections_.count(collection, filter);
  }

 private:
  const std::string name_ = "vector store";
  std::unique_ptr<VectorCollections> own_;  // null: they are the caller's
  VectorCollections& collections_;
};

}  // namespace

std::unique_ptr<CollectionsEnd> make_workspace_end(VectorCollections& collections) {
  return std::make_unique<WorkspaceEnd>(collections);
}

std::unique_ptr<CollectionsEnd> make_workspace_end(std::unique_ptr<VectorCollections> collections) {
  return std::make_unique<WorkspaceEnd>(std::move(collections));
}

}  // namespace twin
