#pragma once

#include <string>
#include <vector>

#include "base/context.h"
#include "stores/vectors/collections_end.h"

namespace twin {

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
