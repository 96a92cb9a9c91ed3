#include "stores/vectors/payload_column.h"

#include <algorithm>

#include "base/error.h"

namespace twin::vectors {

PayloadColumn::PayloadColumn(bool words, std::vector<Scalar> values,
                             std::span<const uint32_t> offsets, std::span<const uint32_t> codes)
    : words_(words),
      values_(std::move(values)),
      base_(offsets.size() - 1),
      base_offsets_(offsets),
      base_codes_(codes) {
  for (uint32_t code = 0; code < values_.size(); ++code) code_of_.emplace(values_[code], code);
}

void PayloadColumn::append(const std::vector<Scalar>& values) {
  for (const Scalar& value : values) {
    const auto [found, is_new] = code_of_.emplace(value, static_cast<uint32_t>(values_.size()));
    if (is_new) values_.push_back(value);
    own_codes_.push_back(found->second);
  }
  ends_.push_back(static_cast<uint32_t>(own_codes_.size()));
}

std::span<const uint32_t> PayloadColumn::codes(size_t slot) const {
  if (slot < base_) {
    // A damaged file must not lead outside of it.
    const size_t end = std::min<size_t>(base_offsets_[slot + 1], base_codes_.size());
    const size_t begin = std::min<size_t>(base_offsets_[slot], end);
    return base_codes_.subspan(begin, end - begin);
  }
  const size_t i = slot - base_;
  const size_t begin = i == 0 ? 0 : ends_[i - 1];
  return std::span(own_codes_).subspan(begin, ends_[i] - begin);
}

Bitmap PayloadColumn::holds(const Condition& condition) const {
  Bitmap result(size());
  const bool structural = condition.kind == Condition::Kind::kIsEmpty ||
                          condition.kind == Condition::Kind::kIsNull ||
                          condition.kind == Condition::Kind::kValuesCount;
  if (structural) {
    std::vector<Scalar> there;
    for (size_t slot = 0; slot < size(); ++slot) {
      there.clear();
      for (const uint32_t code : codes(slot)) {
        if (code < values_.size()) there.push_back(values_[code]);
      }
      if (holds_for_all(condition, there, words_)) result.set(slot);
    }
    return result;
  }
  std::vector<uint8_t> passes(values_.size(), 0);
  bool any = false;
  if (condition.kind == Condition::Kind::kMatch) {
    for (const Scalar& wanted : condition.values) {
      const auto found = code_of_.find(wanted);
      if (found == code_of_.end()) continue;
      passes[found->second] = 1;
      any = true;
    }
  } else {
    for (size_t code = 0; code < values_.size(); ++code) {
      passes[code] = holds_for(condition, values_[code], words_) ? 1 : 0;
      any = any || passes[code] != 0;
    }
  }
  if (!any) return result;
  for (size_t slot = 0; slot < size(); ++slot) {
    for (const uint32_t code : codes(slot)) {
      if (code >= passes.size() || passes[code] == 0) continue;
      result.set(slot);
      break;
    }
  }
  return result;
}

}  // namespace twin::vectors
