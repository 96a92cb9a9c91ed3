// How fast and how well the nearest of many vectors are found, beside what the memory allows.
// Results are checked first: the int8 first pass gives the order of f32, bit for bit.
//
//   vectors_bench [--rows N] [--dimensions D] [--vectors FILE --queries FILE] [--start]
//
// Without files: made-up vectors of unit length. Files hold little-endian f32, row after row.
// --start: also fills a store (vectors.db) and measures how long one takes to open and to answer.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/machine.h"
#include "base/random.h"
#include "engine/kernels/limits.h"
#include "stores/vectors/collection_index.h"
#include "stores/vectors/hnsw_graph.h"
#include "stores/vectors/vector_collections.h"

namespace {

using namespace twin;
using namespace twin::vectors;
namespace fs = std::filesystem;

constexpr size_t kK = 10;

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Times {
  std::vector<double> seconds = {};
  double at(double share) {
    std::sort(seconds.begin(), seconds.end());
    return seconds[static_cast<size_t>(share * static_cast<double>(seconds.size() - 1))];
  }
  OrderedJson json() { return {{"p50_ms", 1e3 * at(0.5)}, {"p95_ms", 1e3 * at(0.95)}}; }
};

struct Data {
  size_t dimensions = 384;
  std::vector<float> rows, queries;
  std::span<const float> row(size_t i) const {
    return std::span(rows).subspan(i * dimensions, dimensions);
  }
  std::span<const float> query(size_t i) const {
    return std::span(queries).subspan(i * dimensions, dimensions);
  }
  size_t row_count() const { return rows.size() / dimensions; }
  size_t query_count() const { return queries.size() / dimensions; }
};

// On a curved surface of 32 dimensions with a little noise, as embeddings of text lie: neighbours
// of neighbours are near, and nothing is far from everything.
std::vector<float> surface(size_t rows, size_t dimensions, uint64_t seed) {
  constexpr size_t kInner = 32;
  Random shape(99), random(seed);
  std::vector<float> map(kInner * dimensions);
  for (float& x : map) x = static_cast<float>(shape.normal());
  std::vector<float> result(rows * dimensions);
  std::array<double, kInner> inner;
  for (size_t i = 0; i < rows; ++i) {
    Random centre(1 + random.below(500));
    for (double& z : inner) z = 0.6 * centre.normal() + random.normal();
    float* row = result.data() + i * dimensions;
    double squares = 0;
    for (size_t d = 0; d < dimensions; ++d) {
      double sum = 1.5 * random.normal();
      for (size_t j = 0; j < kInner; ++j) sum += inner[j] * map[j * dimensions + d];
      row[d] = static_cast<float>(std::tanh(sum / 4));
      squares += double{row[d]} * row[d];
    }
    for (size_t d = 0; d < dimensions; ++d)
      row[d] = static_cast<float>(row[d] / std::sqrt(squares));
  }
  return result;
}

std::vector<float> floats_in(const fs::path& path) {
  const std::string bytes = read_file(path);
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

double recall(const std::vector<ScoredSlot>& found, const std::vector<ScoredSlot>& exact) {
  size_t hits = 0;
  const size_t k = std::min(kK, exact.size());
  for (size_t i = 0; i < k; ++i) {
    hits += std::any_of(found.begin(), found.begin() + static_cast<long>(std::min(k, found.size())),
                        [&](const ScoredSlot& row) { return row.slot == exact[i].slot; });
  }
  return k == 0 ? 1 : static_cast<double>(hits) / static_cast<double>(k);
}

// A search of each query: times, and recall where the exact answers are given.
OrderedJson measure(const std::function<std::vector<ScoredSlot>(std::span<const float>)>& search,
                    const Data& data, const std::vector<std::vector<ScoredSlot>>* exact,
                    std::vector<std::vector<ScoredSlot>>* answers = nullptr) {
  Times times;
  double sum = 0;
  search(data.query(0));  // warm
  for (size_t q = 0; q < data.query_count(); ++q) {
    std::vector<ScoredSlot> found;
    times.seconds.push_back(seconds_of([&] { found = search(data.query(q)); }));
    if (exact != nullptr) sum += recall(found, (*exact)[q]);
    if (answers != nullptr) answers->push_back(std::move(found));
  }
  OrderedJson json = times.json();
  if (exact != nullptr) json["recall_at_10"] = sum / static_cast<double>(data.query_count());
  return json;
}

void check_same(const std::vector<std::vector<ScoredSlot>>& a,
                const std::vector<std::vector<ScoredSlot>>& b) {
  for (size_t q = 0; q < a.size(); ++q) {
    TWIN_CHECK(a[q].size() == b[q].size());
    for (size_t i = 0; i < a[q].size(); ++i) TWIN_CHECK(a[q][i].slot == b[q][i].slot);
  }
}

Bitmap passing_share(size_t rows, double share) {
  Random random(11);
  Bitmap only(rows);
  for (size_t i = 0; i < rows; ++i) {
    if (random.uniform() < share) only.set(i);
  }
  return only;
}

OrderedJson measure_exact(Context& context, const DotKernels& kernels, const CollectionIndex& index,
                          const Data& data, double read_gb_per_s,
                          std::vector<std::vector<ScoredSlot>>& exact) {
  OrderedJson json;
  std::vector<std::vector<ScoredSlot>> by_int8;
  for (const bool int8 : {false, true}) {
    const FirstPass pass = int8 ? FirstPass::kInt8 : FirstPass::kF32;
    OrderedJson one = measure(
        [&](std::span<const float> query) {
          return index.search(context, kernels, query, kK, nullptr,
                              {.first_pass = pass, .exact_bytes = SIZE_MAX});
        },
        data, nullptr, int8 ? &by_int8 : &exact);
    const double bytes = static_cast<double>(data.row_count()) *
                         static_cast<double>(int8 ? index.rows().stride() : 4 * data.dimensions);
    const double rate = bytes / one["p50_ms"].get<double>() / 1e6;
    one["gb_per_s"] = rate;
    one["fraction_of_read_limit"] = rate / read_gb_per_s;
    json[int8 ? "int8" : "f32"] = one;
  }
  check_same(exact, by_int8);
  return json;
}

OrderedJson measure_start(Context& context, const Data& data, bool graph) {
  const fs::path root = fs::temp_directory_path() / "twin_vectors_bench";
  fs::remove_all(root);
  fs::create_directories(root);
  VectorCollectionsOptions options;
  if (!graph) options.keeping.exact_bytes = SIZE_MAX;
  OrderedJson json;
  {
    auto store = open_vector_collections(context, root / "vectors.db", options);
    store->create({.name = "c",
                   .dimensions = data.dimensions,
                   .distance = Distance::kDot,
                   .fields = {{"author_id", "keyword"}, {"date_key", "integer"}}});
    json["upsert_s"] = seconds_of([&] {
      constexpr size_t kBatch = 10'000;
      for (size_t begin = 0; begin < data.row_count(); begin += kBatch) {
        CollectionChange change{"c", {}, {}};
        for (size_t i = begin; i < std::min(begin + kBatch, data.row_count()); ++i) {
          const auto row = data.row(i);
          change.upsert.push_back(
              {PointId::from_number(i),
               fmt::format(R"({{"author_id":"a{}","date_key":{},"content_hash":"{:064x}"}})",
                           i % 50, 20200101000000 + i, i),
               {row.begin(), row.end()}});
        }
        store->change(std::span(&change, 1));
      }
    });
    json["index_s"] = seconds_of([&] { store->wait_until_kept(); });
  }
  std::unique_ptr<VectorCollections> store;
  CollectionQuery query{.vector = {data.query(0).begin(), data.query(0).end()}};
  json["open_ms"] = 1e3 * seconds_of([&] {
                      store = open_vector_collections(context, root / "vectors.db", options);
                      TWIN_CHECK(store->search("c", query).size() == kK);
                    });
  Times plain, filtered;
  query.filter =
      filter_from_json({{"must", {{{"key", "author_id"}, {"match", {{"value", "a7"}}}}}}});
  for (size_t q = 0; q < data.query_count(); ++q) {
    query.vector.assign(data.query(q).begin(), data.query(q).end());
    CollectionQuery all{.vector = query.vector};
    plain.seconds.push_back(seconds_of([&] { store->search("c", all); }));
    filtered.seconds.push_back(seconds_of([&] { store->search("c", query); }));
  }
  json["search"] = plain.json();
  json["search_filter_2_percent"] = filtered.json();
  store.reset();
  fs::remove_all(root);
  return json;
}

}  // namespace

int main(int argc, char** argv) {
  Data data;
  size_t rows = 200'000;
  bool start = false, graph = true;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const auto value = [&] { return std::string(i + 1 < argc ? argv[++i] : ""); };
    if (flag == "--rows") rows = std::stoul(value());
    if (flag == "--dimensions") data.dimensions = std::stoul(value());
    if (flag == "--vectors") data.rows = floats_in(value());
    if (flag == "--queries") data.queries = floats_in(value());
    if (flag == "--start") start = true;
    if (flag == "--no-graph") graph = false;
  }
  if (data.rows.empty()) data.rows = surface(rows, data.dimensions, 1);
  if (data.queries.empty()) data.queries = surface(200, data.dimensions, 2);
  rows = data.row_count();
  QuietContext context(0);
  const char* isa = std::getenv("TWIN_FORCE_ISA");
  const DotKernels& kernels = choose_dot_kernels(isa == nullptr ? "" : isa);
  const double limit =
      kernels::measure_limits(context, kernels::choose_kernels(isa == nullptr ? "" : isa))
          .read_gb_per_s;
  OrderedJson json = {{"benchmark", "vectors"},
                      {"rows", rows},
                      {"dimensions", data.dimensions},
                      {"queries", data.query_count()},
                      {"threads", context.context().threads.size()},
                      {"isa", kernels.name},
                      {"read_gb_per_s", limit}};

  CollectionIndex index(data.dimensions, Distance::kDot, {});
  for (size_t i = 0; i < rows; ++i) {
    index.append(static_cast<int64_t>(i + 1), data.row(i), Json::object());
  }
  std::vector<std::vector<ScoredSlot>> exact;
  json["exact"] = measure_exact(context, kernels, index, data, limit, exact);
  const auto filtered_exact = [&](const Bitmap& only) {
    std::vector<std::vector<ScoredSlot>> answers;
    for (size_t q = 0; q < data.query_count(); ++q) {
      answers.push_back(index.search(context, kernels, data.query(q), kK, &only,
                                     {.first_pass = FirstPass::kF32, .exact_bytes = SIZE_MAX}));
    }
    return answers;
  };
  std::optional<HnswArrays> arrays;
  size_t calibrated = 0;
  if (graph) {
    const double seconds = seconds_of([&] {
      arrays = build_hnsw(context, kernels, Distance::kDot, index.rows(), nullptr, {},
                          [] { return false; });
    });
    calibrated =
        calibrate_ef(context, kernels, Distance::kDot, index.rows(), arrays->view(), nullptr);
    json["graph"] = {{"build_s", seconds}, {"M", arrays->M}, {"ef_search", calibrated}};
  }
  for (const double share : {1.0, 0.5, 0.1, 0.01, 0.001}) {
    const Bitmap only = passing_share(rows, share);
    const auto answers = share == 1 ? exact : filtered_exact(only);
    OrderedJson one = {{"share", share}};
    one["exact"] = measure(
        [&](std::span<const float> query) {
          return index.search(context, kernels, query, kK, share == 1 ? nullptr : &only, {});
        },
        data, &answers);
    for (const size_t ef : {size_t{50}, size_t{100}, size_t{200}, size_t{400}, calibrated}) {
      if (!arrays || share < 0.1 || ef == 0) break;  // never through the graph, and slow there
      const HnswGraph view = arrays->view();
      one[fmt::format("graph_ef_{}", ef)] = measure(
          [&](std::span<const float> query) {
            const Scorer scorer(kernels, Distance::kDot, query);
            const auto slots = view.nearest(scorer, index.rows(), ef, share == 1 ? nullptr : &only);
            return rank_slots(scorer, index.rows(), slots, kK);
          },
          data, &answers);
    }
    json["filters"].push_back(one);
  }
  if (start) json["store"] = measure_start(context, data, graph);
  json["peak_bytes"] = peak_memory_bytes();
  fmt::print("{}\n", dump_json(json, 1));
}
