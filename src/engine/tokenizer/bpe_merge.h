#pragma once

#include <cstdint>
#include <vector>

#include "engine/tokenizer/hash_bytes.h"
#include "engine/tokenizer/tokenizer.h"

namespace twin {

// The merges of a BPE model: which two neighbouring tokens become which, and in what order. One
// flat table, so that a look-up is one cache line. Thread-safe once built.
class BpeMerges {
 public:
  // Of equal pairs the last counts, as in the published packages.
  void add(TokenId left, TokenId right, uint32_t rank, TokenId merged);

  struct Merge {
    uint64_t key = kEmpty;
    uint32_t rank = 0;
    TokenId merged = 0;
  };
  const Merge* find(TokenId left, TokenId right) const {
    const uint64_t wanted = key(left, right);
    for (size_t at = mix64(wanted) & mask_;; at = (at + 1) & mask_) {
      if (slots_[at].key == wanted) return &slots_[at];
      if (slots_[at].key == kEmpty) return nullptr;
    }
  }

  // Merges `ids` in place: always the lowest rank first, of equals the leftmost.
  // n log n in the length of the piece.
  void apply(std::vector<TokenId>& ids) const;

 private:
  static constexpr uint64_t kEmpty = UINT64_MAX;  // ids are not negative
  static uint64_t key(TokenId left, TokenId right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
  }
  void insert(const Merge& merge);
  void apply_short(std::vector<TokenId>& ids) const;

  std::vector<Merge> slots_ = std::vector<Merge>(16);
  size_t mask_ = 15;
  size_t size_ = 0;
};

}  // namespace twin
