#include <algorithm>

#include "base/random.h"
#include "stores/vectors/hnsw_graph.h"

namespace twin::vectors {
namespace {

constexpr size_t kQueries = 100;
constexpr size_t kK = 10;
constexpr double kRecall = 0.985;
constexpr size_t kNear = 50, kFarther = 100;  // ranks of neighbours

// A vector that is none of the rows but might be: a row moved by the difference of two of its
// neighbours. Noise in any direction would be easier: most of it points away from all rows alike.
std::vector<float> made_up_query(Context& context, const DotKernels& kernels, Distance distance,
                                 const VectorRows& rows, const Bitmap* only, size_t slot) {
  const std::span<const float> row(rows.floats(slot), rows.dimensions());
  const Scorer scorer(kernels, distance, row);
  const auto near = search_exact(context, scorer, rows, kFarther, {.only = only});
  std::vector<float> query(row.begin(), row.end());
  if (near.size() < kFarther) return query;
  const float* y = rows.floats(near[kNear - 1].slot);
  const float* z = rows.floats(near[kFarther - 1].slot);
  for (size_t i = 0; i < query.size(); ++i) query[i] += y[i] - z[i];
  return query;
}

}  // namespace

uint32_t calibrate_ef(Context& context, const DotKernels& kernels, Distance distance,
                      const VectorRows& rows, const HnswGraph& graph, const Bitmap* only) {
  Random random(graph.size());
  std::vector<std::vector<float>> queries;
  std::vector<std::vector<ScoredSlot>> exact;
  for (size_t i = 0; i < kQueries; ++i) {
    queries.push_back(
        made_up_query(context, kernels, distance, rows, only, random.below(graph.size())));
    const Scorer scorer(kernels, distance, queries.back());
    exact.push_back(search_exact(context, scorer, rows, kK, {.only = only}));
    exact.back().resize(std::min(kK, exact.back().size()));
  }
  for (uint32_t ef = 64; ef <= 1024; ef *= 2) {
    size_t found = 0, wanted = 0;
    for (size_t i = 0; i < kQueries; ++i) {
      const Scorer scorer(kernels, distance, queries[i]);
      const auto slots = graph.nearest(scorer, rows, ef, only);
      const std::vector<ScoredSlot> best = rank_slots(scorer, rows, slots, kK);
      wanted += exact[i].size();
      for (const ScoredSlot& row : exact[i]) {
        found += std::any_of(best.begin(), best.end(),
                             [&](const ScoredSlot& other) { return other.slot == row.slot; });
      }
    }
    // Twice what was enough for these: others' queries may be harder.
    if (static_cast<double>(found) >= kRecall * static_cast<double>(wanted)) return 2 * ef;
  }
  return 0;
}

}  // namespace twin::vectors
