#include "stores/vectors/collection_index.h"

#include <algorithm>

#include "base/error.h"

namespace twin::vectors {

CollectionIndex::CollectionIndex(size_t dimensions, Distance distance,
                                 std::map<std::string, std::string> fields)
    : dimensions_(dimensions), distance_(distance), fields_(std::move(fields)), rows_(dimensions) {
  for (const auto& [field, schema] : fields_) {
    columns_.emplace(field, PayloadColumn(schema == "text"));
  }
}

CollectionIndex::CollectionIndex(const CollectionRow& collection, std::unique_ptr<Segment> segment)
    : dimensions_(collection.dimensions),
      distance_(collection.distance),
      fields_(collection.fields),
      segment_(std::move(segment)),
      rows_(dimensions_, segment_->floats(), segment_->integers()),
      base_numbers_(segment_->numbers()),
      left_(segment_->size(), true),
      live_(segment_->size()) {
  for (const auto& [field, schema] : fields_) {
    columns_.emplace(field, segment_->column(field, schema == "text"));
  }
  for (const uint32_t slot : segment_->removed()) {
    if (slot >= left_.size() || !left_.test(slot)) continue;
    left_.clear(slot);
    --live_;
  }
}

void CollectionIndex::append(int64_t number, std::span<const float> vector, const Json& payload) {
  TWIN_CHECK(size() == 0 || number > number_of(size() - 1));
  rows_.append(vector);
  own_numbers_.push_back(number);
  left_.resize(size(), true);
  for (auto& [field, column] : columns_) column.append(values_of(payload, field));
  ++live_;
  ++changes_;
}

void CollectionIndex::remove(int64_t number) {
  const std::optional<size_t> slot = slot_of(number);
  if (!slot) return;
  left_.clear(*slot);
  --live_;
  ++changes_;
}

std::optional<size_t> CollectionIndex::slot_of(int64_t number) const {
  const auto find = [&](std::span<const int64_t> numbers, size_t first) -> std::optional<size_t> {
    const auto found = std::lower_bound(numbers.begin(), numbers.end(), number);
    if (found == numbers.end() || *found != number) return std::nullopt;
    return first + static_cast<size_t>(found - numbers.begin());
  };
  std::optional<size_t> slot = find(base_numbers_, 0);
  if (!slot) slot = find(own_numbers_, base_numbers_.size());
  return slot && left_.test(*slot) ? slot : std::nullopt;
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
                                                const Bitmap* only,
                                                const SearchOptions& options) const {
  const Scorer scorer(kernels, distance_, query);
  if (only == nullptr && live_ < size()) only = &left_;
  const size_t wanted = only == nullptr ? size() : only->count();
  const bool few = wanted * rows_.stride() <= options.exact_bytes;
  const size_t ef = graph() == nullptr       ? 0
                    : options.ef_search == 0 ? graph()->ef_search
                                             : options.ef_search;
  if (few || ef == 0) {
    return search_exact(context, scorer, rows_, k,
                        {.only = only, .first_pass = options.first_pass});
  }
  // What was added since the graph was made is looked at row by row.
  std::vector<uint32_t> slots = graph()->nearest(scorer, rows_, ef + 2 * k, only);
  for (const ScoredSlot& row :
       search_exact(context, scorer, rows_, k, {.only = only, .begin = graph()->size()})) {
    slots.push_back(row.slot);
  }
  return rank_slots(scorer, rows_, slots, k);
}

}  // namespace twin::vectors
