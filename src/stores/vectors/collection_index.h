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
#include "stores/vectors/segment.h"
#include "stores/vectors/vector_rows.h"

namespace twin::vectors {

// What of a collection is in memory for searching: vectors, indexed fields and which points are
// left. A point is known by its number in the database, which is given once and never again; a slot
// is its place here. Points are only added and removed, never changed.
//
// Not thread-safe where it changes; const calls may run side by side.
class CollectionIndex {
 public:
  // Bytes that a first pass may read before a graph is faster: 10 ms at 10 GB/s.
  static constexpr size_t kExactBytes = 100'000'000;

  // `fields`: the indexed ones with their schema ("keyword", "text", ...).
  CollectionIndex(size_t dimensions, Distance distance, std::map<std::string, std::string> fields);
  // Begins with what the segment holds.
  CollectionIndex(const CollectionRow& collection, std::unique_ptr<Segment> segment);

  // `number` is larger than any before.
  void append(int64_t number, std::span<const float> vector, const Json& payload);
  void remove(int64_t number);  // none is no error

  size_t live() const { return live_; }
  size_t size() const { return rows_.size(); }  // with removed ones
  // Points added and removed since the segment was written; all where there is none.
  size_t unsettled() const { return changes_; }
  const std::map<std::string, std::string>& fields() const { return fields_; }
  int64_t number_of(size_t slot) const {
    return slot < base_numbers_.size() ? base_numbers_[slot]
                                       : own_numbers_[slot - base_numbers_.size()];
  }
  bool is_left(size_t slot) const { return left_.test(slot); }
  const Bitmap& left() const { return left_; }
  std::optional<size_t> slot_of(int64_t number) const;  // of one that is left

  // Decides, for all slots, a condition that the indexed fields do not.
  using Undecided = std::function<Bitmap(const Condition&)>;
  // The points left that pass.
  Bitmap passing(const PayloadFilter& filter, const Undecided& undecided) const;

  // The k nearest of the points left, or of `only` of them; more than k as search_exact. Exact,
  // but where the rows in question are more than `exact_bytes` and there is a graph.
  struct SearchOptions {
    FirstPass first_pass = FirstPass::kInt8;
    size_t exact_bytes = kExactBytes;
    size_t ef_search = 0;  // of the graph, and 2 k; 0: what was found to be enough for it
  };
  std::vector<ScoredSlot> search(Context& context, const DotKernels& kernels,
                                 std::span<const float> query, size_t k, const Bitmap* only,
                                 const SearchOptions& options) const;

  size_t dimensions() const { return dimensions_; }
  Distance distance() const { return distance_; }
  const VectorRows& rows() const { return rows_; }
  const std::map<std::string, PayloadColumn>& columns() const { return columns_; }
  const HnswGraph* graph() const {
    return segment_ && segment_->graph() ? &*segment_->graph() : nullptr;
  }

 private:
  Bitmap decide(const Condition& condition, const Undecided& undecided) const;
  Bitmap count_passing(const PayloadFilter& filter, const Undecided& undecided) const;

  size_t dimensions_;
  Distance distance_;
  std::map<std::string, std::string> fields_;
  std::unique_ptr<Segment> segment_;  // the first slots lie there
  VectorRows rows_;
  std::span<const int64_t> base_numbers_;  // by slot, ascending
  std::vector<int64_t> own_numbers_;       // of the slots behind
  size_t changes_ = 0;
  Bitmap left_;
  size_t live_ = 0;
  std::map<std::string, PayloadColumn> columns_;
};

}  // namespace twin::vectors
