#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stores/vectors/bitmap.h"
#include "stores/vectors/distance.h"
#include "stores/vectors/exact_search.h"
#include "stores/vectors/payload_column.h"
#include "stores/vectors/payload_filter.h"
#include "stores/vectors/vector_rows.h"

namespace twin::vectors {

// What of a collection is in memory for searching: vectors, indexed fields and which points are
// left. A point is known by its number in the database, which is given once and never again; a slot
// is its place here. Points are only added and removed, never changed.
//
// Not thread-safe where it changes; const calls may run side by side.
class CollectionIndex {
 public:
  // `fields`: the indexed ones with their schema ("keyword", "text", ...).
  CollectionIndex(size_t dimensions, Distance distance, std::map<std::string, std::string> fields);

  // `number` is larger than any before.
  void append(int64_t number, std::span<const float> vector, const Json& payload);
  void remove(int64_t number);  // none is no error

  size_t live() const { return live_; }
  size_t size() const { return numbers_.size(); }  // with removed ones
  const std::map<std::string, std::string>& fields() const { return fields_; }
  int64_t number_of(size_t slot) const { return numbers_[slot]; }
  std::optional<size_t> slot_of(int64_t number) const;  // of one that is left

  // Decides, for all slots, a condition that the indexed fields do not.
  using Undecided = std::function<Bitmap(const Condition&)>;
  // The points left that pass.
  Bitmap passing(const PayloadFilter& filter, const Undecided& undecided) const;

  // The k nearest of the points left, or of `only` of them; see search_exact.
  std::vector<ScoredSlot> search(Context& context, const DotKernels& kernels,
                                 std::span<const float> query, size_t k, const Bitmap* only,
                                 FirstPass first_pass = FirstPass::kInt8) const;
  const VectorRows& rows() const { return rows_; }

 private:
  Bitmap decide(const Condition& condition, const Undecided& undecided) const;
  Bitmap count_passing(const PayloadFilter& filter, const Undecided& undecided) const;

  size_t dimensions_;
  Distance distance_;
  std::map<std::string, std::string> fields_;
  VectorRows rows_;
  std::vector<int64_t> numbers_;  // by slot, ascending
  Bitmap left_;
  size_t live_ = 0;
  std::map<std::string, PayloadColumn> columns_;
};

}  // namespace twin::vectors
