#include "stores/vectors/distance.h"

#include <fmt/format.h>

#include "base/error.h"

namespace twin::vectors {

std::string_view name_of(Distance distance) {
  switch (distance) {
    case Distance::kCosine:
      return "Cosine";
    case Distance::kDot:
      return "Dot";
    case Distance::kEuclid:
      return "Euclid";
  }
  return "";
}

Distance distance_from_name(std::string_view name) {
  for (const Distance distance : {Distance::kCosine, Distance::kDot, Distance::kEuclid}) {
    if (name_of(distance) == name) return distance;
  }
  throw Error(ErrorCode::kBadInput,
              fmt::format("distance '{}' is not supported; expected Cosine, Dot or Euclid", name));
}

}  // namespace twin::vectors
