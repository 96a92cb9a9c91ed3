#include "engine/tokenizer/bpe_merge.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace twin {
namespace {

// The definition, with no regard to speed: the lowest rank first, of equals the leftmost.
std::vector<TokenId> merged_by_definition(const BpeMerges& merges, std::vector<TokenId> ids) {
  while (true) {
    size_t at = ids.size();
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      const auto* merge = merges.find(ids[i], ids[i + 1]);
      if (merge != nullptr &&
          (at == ids.size() || merge->rank < merges.find(ids[at], ids[at + 1])->rank)) {
        at = i;
      }
    }
    if (at == ids.size()) return ids;
    ids[at] = merges.find(ids[at], ids[at + 1])->merged;
    ids.erase(ids.begin() + static_cast<ptrdiff_t>(at) + 1);
  }
}

// Both ways through apply(), the short and the heap, on merges in no sensible order: a later one
// may make what an earlier one needs.
TEST(BpeMerges, AnyMergesAtAnyLengthFollowTheDefinition) {
  Random random(1);
  for (int round = 0; round < 300; ++round) {
    BpeMerges merges;
    TokenId next = 4;
    for (uint32_t rank = 0; rank < 30; ++rank) {
      const auto left = static_cast<TokenId>(random.below(static_cast<uint64_t>(next)));
      const auto right = static_cast<TokenId>(random.below(static_cast<uint64_t>(next)));
      merges.add(left, right, 100 - rank % 7 * 10 - rank % 3, next++);
    }
    for (size_t length : {0, 1, 2, 3, 23, 24, 25, 26, 60, 200}) {
      std::vector<TokenId> ids(length);
      for (TokenId& id : ids) id = static_cast<TokenId>(random.below(4));
      const auto expected = merged_by_definition(merges, ids);
      merges.apply(ids);
      ASSERT_EQ(ids, expected) << "round " << round << ", length " << length;
    }
  }
}

TEST(BpeMerges, RunOfOneTokenMergesFromTheLeft) {
  BpeMerges merges;
  merges.add(0, 0, 0, 1);
  for (size_t length : {5, 51}) {
    std::vector<TokenId> ids(length, 0);
    merges.apply(ids);
    std::vector<TokenId> expected(length / 2, 1);
    expected.push_back(0);
    EXPECT_EQ(ids, expected);
  }
}

}  // namespace
}  // namespace twin
