#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace twin {

// The merges of a BPE model: which two neighbouring tokens become which, and in what order.
class BpeMerges {
 public:
  void add(TokenId left, TokenId right, uint32_t rank, TokenId merged) {
    merges_.try_emplace(key(left, right), Merge{rank, merged});
  }

  struct Merge {
    uint32_t rank;
    TokenId merged;
  };
  const Merge* find(TokenId left, TokenId right) const {
    const auto found = merges_.find(key(left, right));
    return found == merges_.end() ? nullptr : &found->second;
  }

  // Merges `ids` in place: always the lowest rank first, of equals the leftmost.
  // n log n in the length of the piece.
  void apply(std::vector<TokenId>& ids) const;

 private:
  static uint64_t key(TokenId left, TokenId right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
  }
  std::unordered_map<uint64_t, Merge> merges_;
};

}  // namespace twin
