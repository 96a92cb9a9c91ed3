#include "stores/vectors/hnsw_graph.h"

#include <algorithm>
#include <queue>

namespace twin::vectors {
namespace {

struct WorstFirst {
  bool operator()(const ScoredSlot& a, const ScoredSlot& b) const { return a.score > b.score; }
};
struct BestFirst {
  bool operator()(const ScoredSlot& a, const ScoredSlot& b) const { return a.score < b.score; }
};

float score_of(const Scorer& scorer, const VectorRows& rows, uint32_t row) {
  float score = 0, margin = 0;
  scorer.approximate(rows.integers(row), rows.stride(), 1, &score, &margin);
  return score;
}

}  // namespace

std::span<const uint32_t> HnswGraph::links(uint32_t row, uint32_t level) const {
  const size_t width = level == 0 ? 2 * size_t{M} : M;
  std::span<const uint32_t> block;
  if (level == 0) {
    block = base.subspan(row * (1 + width), 1 + width);
  } else {
    const size_t begin = upper_begin[row] + (level - size_t{1}) * (1 + width);
    if (upper_begin[row] == kNone || begin + 1 + width > upper.size()) return {};
    block = upper.subspan(begin, 1 + width);
  }
  return block.subspan(1, std::min<size_t>(block[0], width));
}

std::vector<uint32_t> HnswGraph::nearest(const Scorer& scorer, const VectorRows& rows, size_t ef,
                                         const Bitmap* only) const {
  if (size() == 0 || entry >= size()) return {};
  ScoredSlot at{score_of(scorer, rows, entry), entry};
  for (uint32_t level = max_level; level > 0; --level) {
    for (bool moved = true; moved;) {
      moved = false;
      for (const uint32_t next : links(at.slot, level)) {
        if (next >= size()) continue;
        const float score = score_of(scorer, rows, next);
        if (score <= at.score) continue;
        at = {score, next};
        moved = true;
      }
    }
  }
  Bitmap seen(size());
  std::priority_queue<ScoredSlot, std::vector<ScoredSlot>, BestFirst> open;
  std::priority_queue<ScoredSlot, std::vector<ScoredSlot>, WorstFirst> found;  // at most ef
  const auto visit = [&](const ScoredSlot& row) {
    const bool full = found.size() == ef;
    if (full && row.score <= found.top().score) return;
    open.push(row);
    if (only != nullptr && !only->test(row.slot)) return;
    if (full) found.pop();
    found.push(row);
  };
  seen.set(at.slot);
  visit(at);
  std::vector<uint32_t> fresh;
  while (!open.empty()) {
    const ScoredSlot row = open.top();
    if (found.size() == ef && row.score < found.top().score) break;
    open.pop();
    fresh.clear();
    for (const uint32_t next : links(row.slot, 0)) {
      if (next >= size() || seen.test(next)) continue;
      seen.set(next);
      fresh.push_back(next);
      __builtin_prefetch(rows.integers(next));
      __builtin_prefetch(rows.integers(next) + 64);
    }
    for (const uint32_t next : fresh) visit({score_of(scorer, rows, next), next});
  }
  std::vector<uint32_t> slots;
  slots.reserve(found.size());
  for (; !found.empty(); found.pop()) slots.push_back(found.top().slot);
  return slots;
}

}  // namespace twin::vectors
