#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "stores/vectors/bitmap.h"
#include "stores/vectors/payload_filter.h"

namespace twin::vectors {

// An indexed field of a collection's payloads: each distinct value once, and for each slot which
// values it has. A condition is decided once for each distinct value, not for each point. The first
// slots may lie in memory of another's (a mapped file), which outlives this.
class PayloadColumn {
 public:
  explicit PayloadColumn(bool words = false) : words_(words) {}
  // `offsets` has one entry more than there are slots; slot i has codes [offsets[i], offsets[i+1]).
  PayloadColumn(bool words, std::vector<Scalar> values, std::span<const uint32_t> offsets,
                std::span<const uint32_t> codes);

  void append(const std::vector<Scalar>& values);  // of the next slot
  size_t size() const { return base_ + ends_.size(); }
  std::span<const uint32_t> codes(size_t slot) const;
  const std::vector<Scalar>& values() const { return values_; }

  // The slots for which the condition holds. Requires is_of_values(condition.kind).
  Bitmap holds(const Condition& condition) const;

 private:
  bool words_;
  std::vector<Scalar> values_;
  std::map<Scalar, uint32_t> code_of_;
  size_t base_ = 0;
  std::span<const uint32_t> base_offsets_;
  std::span<const uint32_t> base_codes_;
  std::vector<uint32_t> ends_;  // of own slots, in own_codes_
  std::vector<uint32_t> own_codes_;
};

}  // namespace twin::vectors
