#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/context.h"
#include "stores/vectors/bitmap.h"
#include "stores/vectors/distance.h"
#include "stores/vectors/vector_rows.h"

namespace twin::vectors {

struct ScoredSlot {
  float score = 0;  // higher is nearer: the product, or minus the squared distance
  uint32_t slot = 0;
};

// What every row is first looked at as. The results are the same.
enum class FirstPass {
  kInt8,  // the integers; those that may be among the nearest, by bounds on the error, as f32 then
  kF32
};

// One query, ready for any row. `query` outlives it.
class Scorer {
 public:
  Scorer(const DotKernels& kernels, Distance distance, std::span<const float> query);
  size_t dimensions() const { return query_.size(); }
  // The scores of `count` rows one behind the other.
  void exact(const float* rows, size_t count, float* scores) const;
  // Likewise from integers: the true score is within [score - margin, score + margin].
  void approximate(const std::byte* rows, size_t stride, size_t count, float* scores,
                   float* margins) const;

 private:
  const DotKernels& kernels_;
  Distance distance_;
  std::span<const float> query_;
  IntegerQuery integers_;
};

struct ExactOptions {
  const Bitmap* only = nullptr;  // null: all rows
  size_t begin = 0;              // rows before this one are left out
  FirstPass first_pass = FirstPass::kInt8;
};

// The k nearest of the rows; best first, equal scores by slot. Every row
// whose score equals the k-th is there too, so that there may be more than k (at most 1,024 more).
// Splits rows over the context's threads.
std::vector<ScoredSlot> search_exact(Context& context, const Scorer& scorer, const VectorRows& rows,
                                     size_t k, const ExactOptions& options = {});

// The same among the slots named.
std::vector<ScoredSlot> rank_slots(const Scorer& scorer, const VectorRows& rows,
                                   std::span<const uint32_t> slots, size_t k);

}  // namespace twin::vectors
