// The one file that includes hnswlib: its header defines functions that are not inline.
#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "stores/vectors/hnsw_graph.h"

namespace twin::vectors {
namespace {

constexpr size_t kFirstSerial = 256;               // rows before the threads have a graph to share
constexpr size_t kBeyondLinks = sizeof(uint32_t);  // bytes behind a row's links of a level
constexpr size_t kBatch = 32;                      // rows of a thread at a time: some 10 ms

// Distances of int8 rows, as hnswlib asks for them.
struct RowDistance {
  const DotKernels& kernels;
  Distance distance;
  size_t integers;  // of a row

  static float between(const void* a, const void* b, const void* self) {
    const auto& space = *static_cast<const RowDistance*>(self);
    const auto* x = static_cast<const std::byte*>(a);
    const auto* y = static_cast<const std::byte*>(b);
    const RowFacts p = VectorRows::facts_of(x), q = VectorRows::facts_of(y);
    const int32_t sum =
        space.kernels.int8_pair(VectorRows::values_of(x), VectorRows::values_of(y), space.integers);
    const float product = p.scale * q.scale * static_cast<float>(sum);
    if (space.distance == Distance::kEuclid) return p.norm_squared + q.norm_squared - 2 * product;
    return 1 - product;
  }
};

class RowSpace : public hnswlib::SpaceInterface<float> {
 public:
  RowSpace(const RowDistance& distance, size_t bytes) : distance_(distance), bytes_(bytes) {}
  size_t get_data_size() override { return bytes_; }
  hnswlib::DISTFUNC<float> get_dist_func() override { return RowDistance::between; }
  void* get_dist_func_param() override { return &distance_; }

 private:
  RowDistance distance_;
  size_t bytes_;
};

using Index = hnswlib::HierarchicalNSW<float>;

// A row's level: geometric, as the paper draws it, from the row's slot alone.
int level_of(size_t slot, double multiplier) {
  uint64_t x = (slot + 1) * 0x9e3779b97f4a7c15ull;  // splitmix64
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  x ^= x >> 31;
  const double uniform = (static_cast<double>(x >> 11) + 1) / 9007199254740993.0;  // (0, 1)
  return static_cast<int>(-std::log(uniform) * multiplier);
}

// Puts a graph's rows and links into an empty index, as if they had been added. False where the
// graph is not whole.
bool restore(Index& index, const HnswGraph& graph, const VectorRows& rows) {
  const size_t base_width = 1 + 2 * size_t{graph.M}, upper_width = 1 + size_t{graph.M};
  size_t end = graph.upper.size();  // of the upper links of the rows so far, last row first
  for (size_t slot = graph.size(); slot-- > 0;) {
    const size_t begin =
        graph.upper_begin[slot] == HnswGraph::kNone ? end : graph.upper_begin[slot];
    if (begin > end || (end - begin) % upper_width != 0) return false;
    const auto bad = [&](uint32_t row) { return row >= graph.size(); };
    const auto base = graph.base.subspan(slot * base_width, base_width);
    const auto upper = graph.upper.subspan(begin, end - begin);
    if (base[0] >= base_width || std::any_of(base.begin() + 1, base.begin() + 1 + base[0], bad)) {
      return false;
    }
    for (size_t level = 0; level < upper.size(); level += upper_width) {
      const auto links = upper.subspan(level, upper_width);
      if (links[0] >= upper_width ||
          std::any_of(links.begin() + 1, links.begin() + 1 + links[0], bad)) {
        return false;
      }
    }
    char* element = index.data_level0_memory_ + slot * index.size_data_per_element_;
    std::memcpy(element, base.data(), base.size_bytes());
    std::memcpy(element + index.offsetData_, rows.integers(slot), rows.stride());
    const hnswlib::labeltype label = slot;
    std::memcpy(element + index.label_offset_, &label, sizeof label);
    index.label_lookup_[label] = static_cast<hnswlib::tableint>(slot);
    index.element_levels_[slot] = static_cast<int>(upper.size() / upper_width);
    index.linkLists_[slot] = nullptr;
    if (!upper.empty()) {
      const size_t stride = index.size_links_per_element_;
      char* lists = static_cast<char*>(std::calloc(upper.size() / upper_width, stride));
      if (lists == nullptr) throw std::bad_alloc();
      for (size_t i = 0; i < upper.size() / upper_width; ++i) {
        std::memcpy(lists + i * stride, upper.data() + i * upper_width,
                    upper_width * sizeof(uint32_t));
      }
      index.linkLists_[slot] = lists;  // hnswlib frees them
    }
    end = begin;
  }
  if (graph.entry >= graph.size() ||
      index.element_levels_[graph.entry] != static_cast<int>(graph.max_level)) {
    return false;
  }
  index.cur_element_count = graph.size();
  index.enterpoint_node_ = graph.entry;
  index.maxlevel_ = static_cast<int>(graph.max_level);
  return true;
}

// hnswlib numbers elements in the order in which threads added them: links are brought from its
// numbers to slots, which are the labels.
HnswArrays arrays_of(const Index& index, size_t M) {
  HnswArrays arrays;
  const size_t count = index.cur_element_count;
  const size_t base_width = 1 + 2 * M, upper_width = 1 + M;
  std::vector<uint32_t> slot_of(count), element_of(count);
  for (uint32_t element = 0; element < count; ++element) {
    slot_of[element] = static_cast<uint32_t>(index.getExternalLabel(element));
    element_of[slot_of[element]] = element;
  }
  const auto copy = [&](const char* from, uint32_t* to, size_t width) {
    std::memcpy(to, from, width * sizeof(uint32_t));
    to[0] &= 0xffff;  // above are hnswlib's marks
    for (size_t i = 1; i <= to[0]; ++i) to[i] = slot_of[to[i]];
  };
  arrays.M = static_cast<uint32_t>(M);
  arrays.entry = slot_of.at(index.enterpoint_node_);
  arrays.max_level = static_cast<uint32_t>(std::max(0, index.maxlevel_));
  arrays.base.resize(count * base_width);
  arrays.upper_begin.assign(count, HnswGraph::kNone);
  for (size_t slot = 0; slot < count; ++slot) {
    const uint32_t element = element_of[slot];
    copy(index.data_level0_memory_ + element * index.size_data_per_element_,
         arrays.base.data() + slot * base_width, base_width);
    const auto level = static_cast<size_t>(index.element_levels_[element]);
    if (level == 0) continue;
    arrays.upper_begin[slot] = static_cast<uint32_t>(arrays.upper.size());
    arrays.upper.resize(arrays.upper.size() + level * upper_width);
    for (size_t i = 0; i < level; ++i) {
      copy(index.linkLists_[element] + i * index.size_links_per_element_,
           arrays.upper.data() + arrays.upper_begin[slot] + i * upper_width, upper_width);
    }
  }
  return arrays;
}

}  // namespace

std::optional<HnswArrays> build_hnsw(Context& context, const DotKernels& kernels, Distance distance,
                                     const VectorRows& rows, const HnswGraph* old,
                                     const HnswOptions& options,
                                     const std::function<bool()>& stop) {
  TWIN_CHECK(rows.size() < HnswGraph::kNone);
  RowSpace space({kernels, distance, padded(rows.dimensions())}, rows.stride());
  const auto empty_index = [&] {
    auto made = std::make_unique<Index>(&space, std::max<size_t>(1, rows.size()), options.M,
                                        options.ef_construction);
    // hnswlib reads a link beyond the last one, to prefetch what it leads to.
    made->size_links_per_element_ += kBeyondLinks;
    return made;
  };
  std::unique_ptr<Index> index = empty_index();
  if (old != nullptr && (old->M != options.M || !restore(*index, *old, rows))) {
    index = empty_index();
  }
  const double multiplier = index->mult_;
  // addPoint draws a level even where one is given, and only one above 0 can be given: with this
  // multiplier what it draws is 0.
  index->mult_ = 1e-9;
  const auto add = [&](size_t slot) {
    index->addPoint(rows.integers(slot), slot, level_of(slot, multiplier));
  };
  size_t done = index->cur_element_count;
  for (; done < std::min(kFirstSerial, rows.size()); ++done) add(done);
  const size_t batch = kBatch * context.threads.size();
  for (; done < rows.size(); done += batch) {
    if (stop()) return std::nullopt;
    const size_t count = std::min(batch, rows.size() - done);
    context.threads.parallel_for(count, [&](size_t begin, size_t end, size_t) {
      for (size_t i = begin; i < end; ++i) add(done + i);
    });
  }
  return rows.size() == 0 ? HnswArrays{} : arrays_of(*index, options.M);
}

}  // namespace twin::vectors
