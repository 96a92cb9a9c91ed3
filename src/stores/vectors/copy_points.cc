#include "stores/vectors/copy_points.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"

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
  const CollectionChange change{name, {}, missing};
  to.change(std::span(&change, 1));
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
    std::vector<CollectionPoint> page = from.scroll(name, next, kBatch + 1, {}, true);
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
