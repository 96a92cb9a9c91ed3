#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace twin {

// Strings with a value each, found from any place of a text on: one step a byte. Built once, then
// immutable and thread-safe. Memory: 32 bytes or less a byte of the strings.
class ByteTrie {
 public:
  static constexpr int32_t kNoValue = -1;
  static constexpr uint32_t kRoot = 0;
  static constexpr uint32_t kNowhere = UINT32_MAX;

  // Of equal strings the last counts. Empty ones are passed over.
  void add(std::string_view text, int32_t value);
  bool empty() const { return values_.size() == 1; }

  uint32_t step(uint32_t node, char byte) const {
    const uint64_t key = key_of(node, byte);
    for (size_t at = slot_of(key);; at = (at + 1) & mask_) {
      if (slots_[at].key == key) return slots_[at].node;
      if (slots_[at].key == 0) return kNowhere;
    }
  }
  int32_t value(uint32_t node) const { return values_[node]; }

  struct Match {
    size_t length = 0;  // 0: none
    int32_t value = kNoValue;
  };
  // The longest string that begins `text`.
  Match longest(std::string_view text) const {
    Match found;
    uint32_t node = kRoot;
    for (size_t i = 0; i < text.size(); ++i) {
      node = step(node, text[i]);
      if (node == kNowhere) break;
      if (values_[node] != kNoValue) found = {i + 1, values_[node]};
    }
    return found;
  }

 private:
  struct Slot {
    uint64_t key = 0;
    uint32_t node = 0;
  };
  static uint64_t key_of(uint32_t node, char byte) {
    return (static_cast<uint64_t>(node) << 8 | static_cast<unsigned char>(byte)) + 1;
  }
  size_t slot_of(uint64_t key) const {
    return static_cast<size_t>(key * 0x9e3779b97f4a7c15 >> 32) & mask_;
  }
  void grow();

  std::vector<Slot> slots_ = std::vector<Slot>(16);
  size_t mask_ = 15;
  std::vector<int32_t> values_ = {kNoValue};
};

}  // namespace twin
