#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "stores/vectors/hnsw_graph.h"

namespace twin::vectors {
namespace {

constexpr size_t kQueries = 100;
constexpr size_t kK = 10;
constexpr double kRecall = 0.985;
constexpr double kNoise = 0.5;  // length beside the row's: a cosine of 0.9

// A row and something beside it, as a question is near a passage but is not one.
std::vector<float> near_row(const VectorRows& rows, size_t slot, Random& random) {
  const std::span<const float> row(rows.floats(slot), rows.dimensions());
  double squares = 0;
  for (const float x : row) squares += double{x} * x;
  const double scale = kNoise * std::sqrt(squares / static_cast<double>(row.size()));
  std::vector<float> query;
  for (const float x : row) query.push_back(static_cast<float>(x + scale * random.normal()));
  return query;
}

}  // namespace

uint32_t calibrate_ef(Context& context, const DotKernels& kernels, Distance distance,
                      const VectorRows& rows, const HnswGraph& graph, const Bitmap* only) {
  Random random(graph.size());
  std::vector<std::vector<float>> queries;
  std::vector<std::vector<ScoredSlot>> exact;
  for (size_t i = 0; i < kQueries; ++i) {
    queries.push_back(near_row(rows, random.below(graph.size()), random));
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
    if (static_cast<double>(found) >= kRecall * static_cast<double>(wanted)) return ef;
  }
  return 0;
}

}  // namespace twin::vectors
