#include "engine/tokenizer/bpe_merge.h"

#include <algorithm>
#include <array>
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

}  // namespace

void BpeMerges::add(TokenId left, TokenId right, uint32_t rank, TokenId merged) {
  if (++size_ * 2 > slots_.size()) {
    std::vector<Merge> old(slots_.size() * 2);
    old.swap(slots_);
    mask_ = slots_.size() - 1;
    for (const Merge& merge : old) {
      if (merge.key != kEmpty) insert(merge);
    }
  }
  insert({key(left, right), rank, merged});
}

void BpeMerges::insert(const Merge& merge) {
  size_t at = mix64(merge.key) & mask_;
  while (slots_[at].key != kEmpty && slots_[at].key != merge.key) at = (at + 1) & mask_;
  slots_[at] = merge;
}

void BpeMerges::apply_short(std::vector<TokenId>& ids) const {
  constexpr uint32_t kNever = UINT32_MAX;
  std::array<uint32_t, kShort> ranks;  // of each token and the one after it
  std::array<TokenId, kShort> merged;
  size_t n = ids.size();
  const auto look = [&](size_t i) {
    const Merge* merge = i + 1 < n ? find(ids[i], ids[i + 1]) : nullptr;
    ranks[i] = merge != nullptr ? merge->rank : kNever;
    merged[i] = merge != nullptr ? merge->merged : 0;
  };
  for (size_t i = 0; i < n; ++i) look(i);
  while (n > 1) {
    size_t at = 0;
    for (size_t i = 1; i + 1 < n; ++i) at = ranks[i] < ranks[at] ? i : at;
    if (ranks[at] == kNever) break;
    ids[at] = merged[at];
    --n;
    for (size_t i = at + 1; i < n; ++i) {
      ids[i] = ids[i + 1];
      ranks[i] = ranks[i + 1];
      merged[i] = merged[i + 1];
    }
    look(at);
    if (at > 0) look(at - 1);
  }
  ids.resize(n);
}

void BpeMerges::apply(std::vector<TokenId>& ids) const {
  if (ids.size() <= kShort) return apply_short(ids);
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
