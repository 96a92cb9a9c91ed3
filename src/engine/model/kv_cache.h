#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>

#include "engine/model/config.h"

namespace twin {

// Keys and values of one sequence, all layers, as far as it has been computed. Memory is taken as
// it fills. Not thread-safe.
class KvCache {
 public:
  // Errors: kDoesNotFit with the size.
  KvCache(const DecoderConfig& config, size_t capacity);
  size_t length() const { return length_; }
  size_t capacity() const { return capacity_; }
  // Forgets all positions from `length` on.
  void truncate(size_t length);
  // Takes over the first `length` positions of another sequence's cache in place of its own.
  // Requires length <= other.length(), length <= capacity() and the same config.
  void copy_prefix(const KvCache& other, size_t length);

  // Bytes of `capacity` positions.
  static size_t bytes(const DecoderConfig& config, size_t capacity);

 private:
  friend class Decoder;
  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  // Rows of one layer, (capacity, KV, D): keys are rotated.
  float* keys(size_t layer) { return block_.get() + 2 * layer * capacity_ * row_; }
  float* values(size_t layer) { return keys(layer) + capacity_ * row_; }

  size_t length_ = 0;
  size_t capacity_;
  size_t layers_;
  size_t row_;                            // KV * D
  std::unique_ptr<float[], Free> block_;  // (L, 2, capacity, KV, D)
};

}  // namespace twin
