#include "engine/tokenizer/byte_trie.h"

namespace twin {

void ByteTrie::add(std::string_view text, int32_t value) {
  if (text.empty()) return;
  uint32_t node = kRoot;
  for (char byte : text) {
    uint32_t next = step(node, byte);
    if (next == kNowhere) {
      if (values_.size() * 2 >= slots_.size()) grow();
      next = static_cast<uint32_t>(values_.size());
      values_.push_back(kNoValue);
      const uint64_t key = key_of(node, byte);
      size_t at = slot_of(key);
      while (slots_[at].key != 0) at = (at + 1) & mask_;
      slots_[at] = {key, next};
    }
    node = next;
  }
  values_[node] = value;
}

void ByteTrie::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  mask_ = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.key == 0) continue;
    size_t at = slot_of(slot.key);
    while (slots_[at].key != 0) at = (at + 1) & mask_;
    slots_[at] = slot;
  }
}

}  // namespace twin
