#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stores/vectors/dot_kernels.h"

namespace twin::vectors {

// What is known of a vector x beside its integers q: x = scale * q + e, |e| <= error.
struct RowFacts {
  float scale = 0;
  float error = 0;
  float norm = 0;  // |x|
  float norm_squared = 0;
};
static_assert(sizeof(RowFacts) == 16);

// A query as integers, its facts likewise.
struct IntegerQuery {
  std::vector<int16_t> values;  // padded(dimensions)
  RowFacts facts;
};
IntegerQuery to_integers(std::span<const float> query);

// The vectors of a collection by slot 0, 1, ...: as f32, and as int8 (facts, then values, one row
// after the other), which takes a quarter of the memory and of the time to read. The first rows may
// lie in memory of another's (a mapped file), which outlives this; the others are its own.
class VectorRows {
 public:
  explicit VectorRows(size_t dimensions);
  VectorRows(size_t dimensions, std::span<const float> floats, std::span<const std::byte> integers);

  // Bytes of one int8 row.
  static size_t integer_stride(size_t dimensions) { return sizeof(RowFacts) + padded(dimensions); }

  void append(std::span<const float> vector);
  size_t dimensions() const { return dimensions_; }
  size_t size() const { return base_ + own_; }

  // Rows from `slot` on that lie one behind the other, at most to `end`.
  size_t run(size_t slot, size_t end) const {
    const size_t limit = slot < base_ ? base_ : base_ + own_;
    return (end < limit ? end : limit) - slot;
  }
  const float* floats(size_t slot) const {
    return slot < base_ ? base_floats_ + slot * dimensions_
                        : own_floats_.data() + (slot - base_) * dimensions_;
  }
  const std::byte* integers(size_t slot) const {
    return slot < base_ ? base_integers_ + slot * stride_
                        : own_integers_.data() + (slot - base_) * stride_;
  }
  size_t stride() const { return stride_; }

  static const int8_t* values_of(const std::byte* row) {
    return reinterpret_cast<const int8_t*>(row + sizeof(RowFacts));
  }
  static RowFacts facts_of(const std::byte* row);

 private:
  size_t dimensions_;
  size_t stride_;
  size_t base_ = 0;
  const float* base_floats_ = nullptr;
  const std::byte* base_integers_ = nullptr;
  size_t own_ = 0;
  std::vector<float> own_floats_;
  std::vector<std::byte> own_integers_;
};

}  // namespace twin::vectors
