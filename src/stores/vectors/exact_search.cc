#include "stores/vectors/exact_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "base/error.h"

namespace twin::vectors {
namespace {

constexpr size_t kBlock = 64;        // rows per call of a kernel: scores stay in the first cache
constexpr size_t kGrain = 16;        // blocks that one thread does sooner than wake another
constexpr size_t kWorthReading = 4;  // one row in so many that counts
constexpr size_t kMostTies = 1024;   // further rows with the k-th score
constexpr float kRounding = 4e-6f;   // of a product in f32, per unit of the norms' product
constexpr float kNone = -std::numeric_limits<float>::infinity();

// The k-th largest of the numbers offered so far.
class Floor {
 public:
  explicit Floor(size_t k) : k_(k) {}
  float value() const { return heap_.size() < k_ ? kNone : heap_.front(); }
  void offer(float number) {
    if (heap_.size() < k_) {
      heap_.push_back(number);
      std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
    } else if (number > heap_.front()) {
      std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
      heap_.back() = number;
      std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
    }
  }
  const std::vector<float>& numbers() const { return heap_; }

 private:
  size_t k_;
  std::vector<float> heap_;
};

// Rows that may be among the k nearest of those one thread saw: `score` is the most it can be.
class Candidates {
 public:
  explicit Candidates(size_t k) : floor_(k), prune_at_(4 * k + 4096) {}
  void offer(uint32_t slot, float least, float most) {
    if (!(most >= floor_.value())) return;  // nor what is no number (a damaged file)
    floor_.offer(std::isnan(least) ? kNone : least);
    list_.push_back({most, slot});
    if (list_.size() < prune_at_) return;
    keep_from(floor_.value());
    prune_at_ = std::max(prune_at_, 2 * list_.size());
  }
  void keep_from(float floor) {
    std::erase_if(list_, [&](const ScoredSlot& row) { return row.score < floor; });
  }
  const Floor& floor() const { return floor_; }
  const std::vector<ScoredSlot>& list() const { return list_; }

 private:
  Floor floor_;
  size_t prune_at_;
  std::vector<ScoredSlot> list_;
};

// One thread's pass over rows.
struct Pass {
  const Scorer& scorer;
  const VectorRows& rows;
  FirstPass first_pass;
  Candidates& candidates;
  const Bitmap* only = nullptr;  // null: all that are run
  std::array<float, kBlock> scores = {};
  std::array<float, kBlock> margins = {};

  void run(size_t slot, size_t count) {
    if (first_pass == FirstPass::kInt8) {
      scorer.approximate(rows.integers(slot), rows.stride(), count, scores.data(), margins.data());
    } else {
      scorer.exact(rows.floats(slot), count, scores.data());
    }
    for (size_t i = 0; i < count; ++i) {
      if (only != nullptr && !only->test(slot + i)) continue;
      candidates.offer(static_cast<uint32_t>(slot + i), scores[i] - margins[i],
                       scores[i] + margins[i]);
    }
  }
  void all(size_t begin, size_t end) {
    while (begin < end) {
      const size_t count = std::min(kBlock, rows.run(begin, end));
      run(begin, count);
      begin += count;
    }
  }
};

bool better(const ScoredSlot& a, const ScoredSlot& b) {
  return a.score != b.score ? a.score > b.score : a.slot < b.slot;
}

// The k best and the ties of the k-th, in order.
void keep_best(std::vector<ScoredSlot>& list, size_t k) {
  for (ScoredSlot& row : list) {
    if (std::isnan(row.score)) row.score = kNone;
  }
  std::sort(list.begin(), list.end(), better);
  if (list.size() <= k) return;
  size_t end = k;
  while (end < list.size() && end < k + kMostTies && list[end].score == list[k - 1].score) ++end;
  list.resize(end);
}

}  // namespace

Scorer::Scorer(const DotKernels& kernels, Distance distance, std::span<const float> query)
    : kernels_(kernels), distance_(distance), query_(query), integers_(to_integers(query)) {}

void Scorer::exact(const float* rows, size_t count, float* scores) const {
  const size_t n = query_.size();
  kernels_.f32(rows, n, count, n, query_.data(), scores);
  if (distance_ != Distance::kEuclid) return;
  for (size_t i = 0; i < count; ++i) {
    // The expansion |x|^2 + |y|^2 - 2xy loses near distances to rounding.
    double sum = 0;
    for (size_t d = 0; d < n; ++d) {
      const double rest = double{rows[i * n + d]} - query_[d];
      sum += rest * rest;
    }
    scores[i] = static_cast<float>(-sum);
  }
}

void Scorer::approximate(const std::byte* rows, size_t stride, size_t count, float* scores,
                         float* margins) const {
  std::array<int32_t, kBlock> sums;
  TWIN_DCHECK(count <= kBlock);
  const RowFacts& q = integers_.facts;
  kernels_.int8(VectorRows::values_of(rows), stride, count, integers_.values.size(),
                integers_.values.data(), sums.data());
  for (size_t i = 0; i < count; ++i) {
    const RowFacts x = VectorRows::facts_of(rows + i * stride);
    const float product = x.scale * q.scale * static_cast<float>(sums[i]);
    // xq = (x' + e)(q' + f): the product is off by at most |e||q| + |x'||f|.
    const float margin =
        x.error * q.norm + (x.norm + x.error) * q.error + kRounding * x.norm * q.norm;
    const bool euclid = distance_ == Distance::kEuclid;
    scores[i] = euclid ? 2 * product - x.norm_squared - q.norm_squared : product;
    margins[i] = euclid ? 2 * margin + kRounding * (x.norm_squared + q.norm_squared) : margin;
  }
}

std::vector<ScoredSlot> rank_slots(const Scorer& scorer, const VectorRows& rows,
                                   std::span<const uint32_t> slots, size_t k) {
  std::vector<ScoredSlot> list;
  list.reserve(slots.size());
  for (const uint32_t slot : slots) {
    ScoredSlot row{0, slot};
    scorer.exact(rows.floats(slot), 1, &row.score);
    list.push_back(row);
  }
  keep_best(list, k);
  return list;
}

std::vector<ScoredSlot> search_exact(Context& context, const Scorer& scorer, const VectorRows& rows,
                                     size_t k, const ExactOptions& options) {
  TWIN_CHECK(rows.dimensions() == scorer.dimensions());
  if (k == 0 || rows.size() <= options.begin) return {};
  const FirstPass first_pass = options.first_pass;
  std::vector<Candidates> found(context.threads.size(), Candidates(k));
  // Rows one behind the other are read so much faster that reading some for nothing is worth it.
  const bool most = options.only == nullptr ||
                    kWorthReading * options.only->count() >= rows.size() - options.begin;
  if (most) {
    const size_t first = options.begin;
    context.threads.parallel_for((rows.size() - first + kBlock - 1) / kBlock,
                                 [&](size_t begin, size_t end, size_t worker) {
                                   Pass pass{scorer, rows, first_pass, found[worker], options.only};
                                   pass.all(first + kBlock * begin,
                                            std::min(first + kBlock * end, rows.size()));
                                 },
                                 kGrain);
  } else {
    std::vector<uint32_t> slots = options.only->slots();
    slots.erase(slots.begin(), std::lower_bound(slots.begin(), slots.end(), options.begin));
    context.threads.parallel_for(
        slots.size(),
        [&](size_t begin, size_t end, size_t worker) {
          Pass pass{scorer, rows, first_pass, found[worker]};
          while (begin < end) {
            size_t next = begin + 1;  // a run of neighbours at a time
            while (next < end && slots[next] == slots[next - 1] + 1) ++next;
            pass.all(slots[begin], slots[next - 1] + size_t{1});
            begin = next;
          }
        },
        kBlock * kGrain);
  }
  Floor floor(k);
  for (const Candidates& one : found) {
    for (const float number : one.floor().numbers()) floor.offer(number);
  }
  std::vector<ScoredSlot> list;
  for (Candidates& one : found) {
    one.keep_from(floor.value());
    list.insert(list.end(), one.list().begin(), one.list().end());
  }
  if (first_pass == FirstPass::kInt8) {
    context.threads.parallel_for(
        list.size(),
        [&](size_t begin, size_t end, size_t) {
          for (size_t i = begin; i < end; ++i) {
            scorer.exact(rows.floats(list[i].slot), 1, &list[i].score);
          }
        },
        kBlock * kGrain);
  }
  keep_best(list, k);
  return list;
}

}  // namespace twin::vectors
