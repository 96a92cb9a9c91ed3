#include "stores/vectors/copy_points.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "stores/vectors/qdrant_client.h"

namespace twin {
namespace {

using namespace vectors;

constexpr size_t kBatch = 256;  // points of one request
// Servers bring vectors to unit length themselves, which rounds.
constexpr float kRounding = 2e-6f;

bool same(const CollectionPoint& a, const CollectionPoint& b) {
  if (a.vector.size() != b.vector.size()) return false;
  for (size_t i = 0; i < a.vector.size(); ++i) {
    const float size = std::max(1.0f, std::abs(a.vector[i]));
    if (!(std::abs(a.vector[i] - b.vector[i]) <= kRounding * size)) return false;
  }
  return parse_json(a.payload, "source") == parse_json(b.payload, "target");
}

class WorkspaceEnd : public CollectionsEnd {
 public:
  explicit WorkspaceEnd(VectorCollections& collections) : collections_(collections) {}

  std::vector<std::string> list() override {
    std::vector<std::string> names;
    for (const VectorCollection& one : collections_.list()) names.push_back(one.name);
    return names;
  }
  std::optional<VectorCollection> find(const std::string& name) override {
    return collections_.find(name);
  }
  void create(const VectorCollection& collection) override { collections_.create(collection); }
  std::vector<CollectionPoint> scroll(const std::string& name, const PointId& from,
                                      size_t limit) override {
    return collections_.scroll(name, from, limit, {}, {.payload = true, .vector = true});
  }
  std::vector<CollectionPoint> get(const std::string& name,
                                   const std::vector<PointId>& ids) override {
    return collections_.get(name, ids, {.payload = true, .vector = true});
  }
  void put(const std::string& name, std::vector<CollectionPoint> points) override {
    CollectionChange change{name, {}, std::move(points)};
    collections_.change(std::span(&change, 1));
  }
  size_t count(const std::string& name) override { return collections_.count(name); }

 private:
  VectorCollections& collections_;
};

class QdrantEnd : public CollectionsEnd {
 public:
  QdrantEnd(const Context& context, HttpClient& client, const QdrantOptions& options)
      : client_(context, client, options) {}

  std::vector<std::string> list() override { return client_.list(); }
  std::optional<VectorCollection> find(const std::string& name) override {
    return client_.find(name);
  }
  void create(const VectorCollection& collection) override { client_.create(collection); }
  std::vector<CollectionPoint> scroll(const std::string& name, const PointId& from,
                                      size_t limit) override {
    return client_.scroll(name, from, limit, {}, true);
  }
  std::vector<CollectionPoint> get(const std::string& name,
                                   const std::vector<PointId>& ids) override {
    Json list = Json::array();
    for (const PointId& id : ids) list.push_back(id.to_json());
    return client_.get(name, list);
  }
  void put(const std::string& name, std::vector<CollectionPoint> points) override {
    Json list = Json::array();
    for (const CollectionPoint& point : points) {
      Json json = {{"id", point.id.to_json()}, {"payload", parse_json(point.payload, "source")}};
      json["vector"] = point.vector.empty() ? Json::object() : Json(point.vector);
      list.push_back(std::move(json));
    }
    client_.upsert(name, list);
  }
  size_t count(const std::string& name) override { return client_.count(name, {}); }

 private:
  QdrantClient client_;
};

std::map<PointId, CollectionPoint> by_id(CollectionsEnd& end, const std::string& name,
                                         const std::vector<CollectionPoint>& points) {
  std::vector<PointId> ids;
  for (const CollectionPoint& point : points) ids.push_back(point.id);
  std::map<PointId, CollectionPoint> found;
  if (ids.empty()) return found;
  for (CollectionPoint& point : end.get(name, ids)) found.emplace(point.id, std::move(point));
  return found;
}

}  // namespace

std::unique_ptr<CollectionsEnd> make_workspace_end(VectorCollections& collections) {
  return std::make_unique<WorkspaceEnd>(collections);
}

std::unique_ptr<CollectionsEnd> make_qdrant_end(const Context& context, HttpClient& client,
                                                const QdrantOptions& options) {
  return std::make_unique<QdrantEnd>(context, client, options);
}

PointCopy copy_points(CollectionsEnd& to, const std::string& name,
                      std::vector<CollectionPoint> points) {
  PointCopy copy;
  copy.points = points.size();
  std::vector<CollectionPoint> missing;
  {
    const std::map<PointId, CollectionPoint> there = by_id(to, name, points);
    for (CollectionPoint& point : points) {
      const auto found = there.find(point.id);
      if (found == there.end() || !same(point, found->second)) missing.push_back(std::move(point));
    }
  }
  copy.written = missing.size();
  if (missing.empty()) return copy;
  to.put(name, missing);
  const std::map<PointId, CollectionPoint> there = by_id(to, name, missing);
  for (const CollectionPoint& point : missing) {
    const auto found = there.find(point.id);
    if (found != there.end() && same(point, found->second)) continue;
    throw Error(ErrorCode::kFailed,
                fmt::format("point {} of '{}' reads back as another than was written",
                            point.id.text(), name));
  }
  return copy;
}

PointCopy copy_collection(const Context& context, CollectionsEnd& from, CollectionsEnd& to,
                          const std::string& name) {
  const std::optional<VectorCollection> source = from.find(name);
  if (!source) {
    throw Error(ErrorCode::kUsage, fmt::format("the source has no collection '{}'", name));
  }
  const std::optional<VectorCollection> target = to.find(name);
  if (!target) {
    to.create(*source);
  } else if (target->dimensions != source->dimensions || target->distance != source->distance) {
    throw Error(
        ErrorCode::kUsage,
        fmt::format("collection '{}' has {} dimensions ({}) in the target and {} ({}) in the "
                    "source: made by another embedder; remove it there first",
                    name, target->dimensions, name_of(target->distance), source->dimensions,
                    name_of(source->distance)));
  }
  PointCopy copy;
  const auto bar = context.progress.start(name, from.count(name));
  PointId next;
  while (true) {
    stop_if_interrupted(context);
    // One more than is copied: where the next page begins.
    std::vector<CollectionPoint> page = from.scroll(name, next, kBatch + 1);
    const bool more = page.size() > kBatch;
    if (more) {
      next = page.back().id;
      page.pop_back();
    }
    const PointCopy part = copy_points(to, name, std::move(page));
    copy.points += part.points;
    copy.written += part.written;
    bar->update(copy.points);
    if (!more) break;
  }
  bar->finish();
  const size_t there = to.count(name);
  if (there < copy.points) {
    throw Error(ErrorCode::kFailed, fmt::format("'{}': {} points in the source, {} in the target",
                                                name, copy.points, there));
  }
  copy.only_there = there - copy.points;
  return copy;
}

}  // namespace twin
