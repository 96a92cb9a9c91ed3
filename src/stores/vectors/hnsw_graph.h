#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/context.h"
#include "stores/vectors/bitmap.h"
#include "stores/vectors/exact_search.h"
#include "stores/vectors/vector_rows.h"

namespace twin::vectors {

// A hierarchical navigable small world graph over the first size() rows, as flat arrays, so that it
// is searched where it lies (a mapped file). A view: what it shows outlives it.
// Source: Malkov & Yashunin 2016, arXiv:1603.09320.
struct HnswGraph {
  static constexpr uint32_t kNone = UINT32_MAX;

  uint32_t M = 0;  // links of a row on an upper level; 2 M on level 0
  uint32_t entry = 0;
  uint32_t max_level = 0;
  uint32_t ef_search = 0;  // found to be enough, see calibrate_ef; 0: none is, do not search it
  std::span<const uint32_t> base;         // (size, 1 + 2 M): count, links
  std::span<const uint32_t> upper_begin;  // (size): where in `upper` the row's levels are, or kNone
  std::span<const uint32_t> upper;        // (1 + M) for each level 1, 2, ... of a row: count, links

  size_t size() const { return upper_begin.size(); }

  // About the `ef` rows of the graph that score best by their integers, of those in `only` where
  // given, in no order. Fewer where the graph does not lead to so many. Links that lead outside
  // of the graph (a damaged file) are passed over.
  std::vector<uint32_t> nearest(const Scorer& scorer, const VectorRows& rows, size_t ef,
                                const Bitmap* only) const;

 private:
  std::span<const uint32_t> links(uint32_t row, uint32_t level) const;
};

// The arrays of a graph.
struct HnswArrays {
  uint32_t M = 0, entry = 0, max_level = 0, ef_search = 0;
  std::vector<uint32_t> base, upper_begin, upper;
  HnswGraph view() const { return {M, entry, max_level, ef_search, base, upper_begin, upper}; }
};

struct HnswOptions {
  size_t M = 16;
  size_t ef_construction = 200;
};

// Builds the graph over all rows (hnswlib), or extends `old`, a graph over the first of them. Uses
// the context's threads, a fraction of a second at a time, so that searches get their turn. The
// links depend on timing where there are several threads. Nothing where `stop` said so.
std::optional<HnswArrays> build_hnsw(Context& context, const DotKernels& kernels, Distance distance,
                                     const VectorRows& rows, const HnswGraph* old,
                                     const HnswOptions& options, const std::function<bool()>& stop);

// Twice the least `ef` of 64, 128, ... 1024 with which the graph finds at least 98.5% of the ten
// nearest, on 100 made-up queries among its rows; 0 where none does (tight, far clusters, say).
uint32_t calibrate_ef(Context& context, const DotKernels& kernels, Distance distance,
                      const VectorRows& rows, const HnswGraph& graph, const Bitmap* only);

}  // namespace twin::vectors
