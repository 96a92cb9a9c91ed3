#include "stores/vectors/vector_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"

namespace twin::vectors {
namespace {

// Beyond what is measured in double: the rounding of the facts themselves to float.
constexpr double kSlack = 1 + 1e-6;

template <class Integer>
RowFacts quantise(std::span<const float> x, int most, Integer* out) {
  float largest = 0;
  for (const float value : x) largest = std::max(largest, std::abs(value));
  RowFacts facts;
  facts.scale = largest / static_cast<float>(most);
  double error = 0, squares = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const float steps = facts.scale > 0 ? std::nearbyint(x[i] / facts.scale) : 0.0f;
    const float limit = static_cast<float>(most);
    const auto value = static_cast<Integer>(std::clamp(steps, -limit, limit));
    out[i] = value;
    const double rest = double{x[i]} - double{facts.scale} * value;
    error += rest * rest;
    squares += double{x[i]} * x[i];
  }
  facts.error = static_cast<float>(std::sqrt(error) * kSlack);
  facts.norm = static_cast<float>(std::sqrt(squares));
  facts.norm_squared = static_cast<float>(squares);
  return facts;
}

}  // namespace

IntegerQuery to_integers(std::span<const float> query) {
  IntegerQuery result;
  result.values.assign(padded(query.size()), 0);
  result.facts = quantise(query, query_max(query.size()), result.values.data());
  return result;
}

VectorRows::VectorRows(size_t dimensions)
    : dimensions_(dimensions), stride_(integer_stride(dimensions)) {}

VectorRows::VectorRows(size_t dimensions, std::span<const float> floats,
                       std::span<const std::byte> integers)
    : VectorRows(dimensions) {
  base_ = integers.size() / stride_;
  TWIN_CHECK(floats.size() == base_ * dimensions && integers.size() == base_ * stride_);
  base_floats_ = floats.data();
  base_integers_ = integers.data();
}

void VectorRows::append(std::span<const float> vector) {
  TWIN_CHECK(vector.size() == dimensions_);
  own_floats_.insert(own_floats_.end(), vector.begin(), vector.end());
  own_integers_.resize(own_integers_.size() + stride_);
  std::byte* row = own_integers_.data() + own_ * stride_;
  const RowFacts facts = quantise(vector, 127, reinterpret_cast<int8_t*>(row + sizeof(RowFacts)));
  std::memcpy(row, &facts, sizeof facts);
  ++own_;
}

RowFacts VectorRows::facts_of(const std::byte* row) {
  RowFacts facts;
  std::memcpy(&facts, row, sizeof facts);
  return facts;
}

}  // namespace twin::vectors
