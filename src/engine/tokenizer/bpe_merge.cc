#include "engine/tokenizer/bpe_merge.h"

#include <algorithm>
#include <queue>

namespace twin {
namespace {

// Up to this many tokens, looking at every pair each time beats keeping a heap.
constexpr size_t kShort = 24;

struct Candidate {
  uint32_t rank;
  size_t left;   // index of the left token
  TokenId a, b;  // what stood there when it was found: stale once either has changed
  bool operator>(const Candidate& other) const {
    return rank != other.rank ? rank > other.rank : left > other.left;
  }
};

void merge_short(const BpeMerges& merges, std::vector<TokenId>& ids) {
  while (ids.size() > 1) {
    const BpeMerges::Merge* best = nullptr;
    size_t at = 0;
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      const BpeMerges::Merge* merge = merges.find(ids[i], ids[i + 1]);
      if (merge != nullptr && (best == nullptr || merge->rank < best->rank)) {
        best = merge;
        at = i;
      }
    }
    if (best == nullptr) return;
    ids[at] = best->merged;
    ids.erase(ids.begin() + static_cast<ptrdiff_t>(at) + 1);
  }
}

}  // namespace

void BpeMerges::apply(std::vector<TokenId>& ids) const {
  if (ids.size() <= kShort) return merge_short(*this, ids);
  constexpr size_t kNone = static_cast<size_t>(-1);
  constexpr TokenId kGone = -1;
  const size_t n = ids.size();
  std::vector<size_t> next(n), before(n);
  for (size_t i = 0; i < n; ++i) {
    next[i] = i + 1 < n ? i + 1 : kNone;
    before[i] = i > 0 ? i - 1 : kNone;
  }
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto push = [&](size_t left) {
    if (left == kNone || next[left] == kNone) return;
    const TokenId a = ids[left], b = ids[next[left]];
    if (const Merge* merge = find(a, b)) queue.push({merge->rank, left, a, b});
  };
  for (size_t i = 0; i + 1 < n; ++i) push(i);
  while (!queue.empty()) {
    const Candidate top = queue.top();
    queue.pop();
    const size_t right = next[top.left];
    if (ids[top.left] != top.a || right == kNone || ids[right] != top.b) continue;
    ids[top.left] = find(top.a, top.b)->merged;
    ids[right] = kGone;
    next[top.left] = next[right];
    if (next[right] != kNone) before[next[right]] = top.left;
    push(before[top.left]);
    push(top.left);
  }
  std::erase(ids, kGone);
}

}  // namespace twin
