#include "stores/vectors/collection_index.h"

#include <algorithm>

#include "base/error.h"

namespace twin::vectors {

CollectionIndex::CollectionIndex(size_t dimensions, Distance distance,
                                 std::map<std::string, std::string> fields)
    : dimensions_(dimensions), distance_(distance), fields_(std::move(fields)), rows_(dimensions) {
  for (const auto& [field, schema] : fields_)
    columns_.emplace(field, PayloadColumn(schema == "text"));
}

void CollectionIndex::append(int64_t number, std::span<const float> vector, const Json& payload) {
  TWIN_CHECK(numbers_.empty() || number > numbers_.back());
  rows_.append(vector);
  numbers_.push_back(number);
  left_.resize(numbers_.size(), true);
  for (auto& [field, column] : columns_) column.append(values_of(payload, field));
  ++live_;
}

void CollectionIndex::remove(int64_t number) {
  const std::optional<size_t> slot = slot_of(number);
  if (!slot) return;
  left_.clear(*slot);
  --live_;
}

std::optional<size_t> CollectionIndex::slot_of(int64_t number) const {
  const auto found = std::lower_bound(numbers_.begin(), numbers_.end(), number);
  if (found == numbers_.end() || *found != number) return std::nullopt;
  const auto slot = static_cast<size_t>(found - numbers_.begin());
  return left_.test(slot) ? std::optional(slot) : std::nullopt;
}

Bitmap CollectionIndex::decide(const Condition& condition, const Undecided& undecided) const {
  if (condition.kind == Condition::Kind::kFilter) return passing(*condition.filter, undecided);
  if (is_of_values(condition.kind)) {
    const auto column = columns_.find(condition.key);
    if (column != columns_.end()) return column->second.holds(condition);
  }
  return undecided(condition);
}

// The points that meet at least min_count of min_should.
Bitmap CollectionIndex::count_passing(const PayloadFilter& filter,
                                      const Undecided& undecided) const {
  std::vector<uint32_t> met(size(), 0);
  for (const Condition& condition : filter.min_should) {
    for (const uint32_t slot : decide(condition, undecided).slots()) ++met[slot];
  }
  Bitmap result(size());
  for (size_t slot = 0; slot < met.size(); ++slot) {
    if (met[slot] >= filter.min_count) result.set(slot);
  }
  return result;
}

Bitmap CollectionIndex::passing(const PayloadFilter& filter, const Undecided& undecided) const {
  Bitmap result = left_;
  for (const Condition& condition : filter.must) result &= decide(condition, undecided);
  for (const Condition& condition : filter.must_not) result -= decide(condition, undecided);
  if (!filter.should.empty()) {
    Bitmap any(size());
    for (const Condition& condition : filter.should) any |= decide(condition, undecided);
    result &= any;
  }
  if (!filter.min_should.empty()) result &= count_passing(filter, undecided);
  return result;
}

std::vector<ScoredSlot> CollectionIndex::search(Context& context, const DotKernels& kernels,
                                                std::span<const float> query, size_t k,
                                                const Bitmap* only, FirstPass first_pass) const {
  const Scorer scorer(kernels, distance_, query);
  if (only == nullptr && live_ < size()) only = &left_;
  return search_exact(context, scorer, rows_, k, only, first_pass);
}

}  // namespace twin::vectors
