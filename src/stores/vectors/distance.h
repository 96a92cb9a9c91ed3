#pragma once

#include <string_view>

namespace twin::vectors {

// How near two vectors are. Vectors of kCosine are kept at unit length, so that the products of
// kCosine and kDot are the same.
enum class Distance { kCosine, kDot, kEuclid };

// "Cosine", "Dot", "Euclid". from_name: Errors kBadInput for any other name.
std::string_view name_of(Distance distance);
Distance distance_from_name(std::string_view name);

}  // namespace twin::vectors
