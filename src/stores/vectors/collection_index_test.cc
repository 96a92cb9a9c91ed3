#include "stores/vectors/collection_index.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/random.h"
#include "stores/vectors/vector_collections.h"

namespace twin::vectors {
namespace {

namespace fs = std::filesystem;

constexpr size_t kDimensions = 24;
#ifdef __SANITIZE_THREAD__
constexpr size_t kThreads = 1;  // hnswlib draws levels of all threads from one generator
#else
constexpr size_t kThreads = 2;
#endif

// Around one of 20 centres, so that neighbours mean something.
std::vector<float> clustered(Random& random) {
  Random centre(1000 + random.below(20));
  std::vector<float> vector(kDimensions);
  for (float& x : vector) x = static_cast<float>(centre.normal() + 0.4 * random.normal());
  return vector;
}

TEST(ExactSearch, BothFirstPassesGiveTheSameOrderForEachDistance) {
  QuietContext context(2);
  for (const Distance distance : {Distance::kCosine, Distance::kDot, Distance::kEuclid}) {
    for (const DotKernels* kernels : available_dot_kernels()) {
      Random random(3);
      CollectionIndex index(kDimensions, distance, {});
      for (int i = 1; i <= 3000; ++i) index.append(i, clustered(random), Json::object());
      for (int i = 1; i < 3000; i += 7) index.remove(i);
      Bitmap only(index.size());
      Bitmap few(index.size());
      for (size_t i = 0; i < index.size(); i += 2) {
        if (!index.is_left(i)) continue;
        only.set(i);
        if (i % 10 == 0) few.set(i);
      }
      for (const Bitmap* filter :
           {static_cast<const Bitmap*>(nullptr), &std::as_const(only), &std::as_const(few)}) {
        for (const size_t k : {1, 10, 3200}) {
          const std::vector<float> query = clustered(random);
          const auto f32 =
              index.search(context, *kernels, query, k, filter, {.first_pass = FirstPass::kF32});
          const auto int8 = index.search(context, *kernels, query, k, filter, {});
          ASSERT_EQ(f32.size(), int8.size());
          for (size_t i = 0; i < f32.size(); ++i) {
            ASSERT_EQ(f32[i].slot, int8[i].slot) << kernels->name << ' ' << k << ' ' << i;
            ASSERT_EQ(f32[i].score, int8[i].score);
            ASSERT_TRUE(index.is_left(f32[i].slot));
            ASSERT_TRUE(filter == nullptr || filter->test(f32[i].slot));
          }
        }
      }
    }
  }
}

class Collections : public ::testing::Test {
 protected:
  Collections() : file_(neighbour_of(fs::temp_directory_path() / "twin_index") / "vectors.db") {
    fs::create_directories(file_.parent_path());
    options_.keeping.least_changes = 500;
    options_.keeping.exact_bytes = 100'000;
    options_.search.exact_bytes = 100'000;
  }
  ~Collections() override { fs::remove_all(file_.parent_path()); }

  std::unique_ptr<VectorCollections> open() {
    return open_vector_collections(context_, file_, options_);
  }

  std::vector<CollectionPoint> make(size_t first, size_t count) {
    std::vector<CollectionPoint> points;
    for (size_t i = first; i < first + count; ++i) {
      const Json payload = {{"share", random_.below(100)}, {"name", fmt::format("p{}", i)}};
      points.push_back({PointId::from_number(i), dump_json(payload), clustered(random_)});
    }
    return points;
  }

  // The share of the exact answer's ten nearest that a search finds.
  double recall(const VectorCollections& collections, const PayloadFilter& filter) {
    size_t found = 0, wanted = 0;
    for (int q = 0; q < 30; ++q) {
      CollectionQuery query{.vector = clustered(random_), .filter = filter};
      const auto quick = collections.search("c", query);
      query.exact = true;
      const auto exact = collections.search("c", query);
      wanted += exact.size();
      for (const CollectionPoint& point : exact) {
        found += std::any_of(quick.begin(), quick.end(),
                             [&](const auto& other) { return other.id == point.id; });
      }
    }
    return static_cast<double>(found) / static_cast<double>(wanted);
  }

  size_t index_files() const {
    size_t files = 0;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(file_.string() + "-index", ignored)) {
      files += entry.is_regular_file();
    }
    return files;
  }

  static PayloadFilter below(int share) {
    return filter_from_json({{"must", {{{"key", "share"}, {"range", {{"lt", share}}}}}}});
  }

  fs::path file_;
  VectorCollectionsOptions options_;
  QuietContext context_{kThreads};
  Random random_{17};
};

TEST(Hnsw, AGraphOfSeveralThreadsLeadsToTheNearest) {
  QuietContext context(kThreads);
  const DotKernels& kernels = choose_dot_kernels("");
  Random random(5);
  VectorRows rows(kDimensions);
  for (int i = 0; i < 4000; ++i) rows.append(clustered(random));
  const auto never = [] { return false; };
  std::optional<HnswArrays> arrays =
      build_hnsw(context, kernels, Distance::kEuclid, rows, nullptr, {}, never);
  for (int grown = 0; grown < 2; ++grown) {
    const HnswGraph graph = arrays->view();
    ASSERT_EQ(graph.size(), rows.size());
    const uint32_t ef = calibrate_ef(context, kernels, Distance::kEuclid, rows, graph, nullptr);
    EXPECT_GT(ef, 0u);
    EXPECT_LE(ef, 512u);
    for (int i = 0; i < 1000; ++i) rows.append(clustered(random));
    if (grown == 0) {
      arrays = build_hnsw(context, kernels, Distance::kEuclid, rows, &graph, {}, never);
    }
  }
}

TEST_F(Collections, AGraphFindsTheNearestWithAndWithoutFilters) {
  auto collections = open();
  collections->create({.name = "c", .dimensions = kDimensions, .fields = {{"share", "integer"}}});
  for (size_t i = 0; i < 6000; i += 2000) {
    collections->change(std::vector{CollectionChange{"c", {}, make(i, 2000)}});
  }
  collections->wait_until_kept();
  EXPECT_EQ(index_files(), 1u);
  EXPECT_GE(recall(*collections, {}), 0.98);
  EXPECT_GE(recall(*collections, below(60)), 0.98);
  EXPECT_GE(recall(*collections, below(10)), 0.98);
  EXPECT_GE(recall(*collections, below(1)), 0.98);
  // Some replaced, some removed, some new: the graph is extended.
  std::vector<PointId> gone;
  for (size_t i = 100; i < 1100; ++i) gone.push_back(PointId::from_number(i));
  collections->change(std::vector{CollectionChange{"c", gone, make(5500, 2000)}});
  EXPECT_GE(recall(*collections, {}), 0.98);
  collections->wait_until_kept();
  EXPECT_GE(recall(*collections, {}), 0.98);
  EXPECT_EQ(collections->count("c"), 6500u);
  // Most removed: built anew over what is left.
  gone.clear();
  for (size_t i = 0; i < 3500; ++i) gone.push_back(PointId::from_number(i));
  collections->change(std::vector{CollectionChange{"c", gone, {}}});
  collections->wait_until_kept();
  EXPECT_GE(recall(*collections, {}), 0.98);
  EXPECT_EQ(index_files(), 1u);
}

TEST_F(Collections, AStoreOpenedAgainOrBesideAnswersAlike) {
  auto one = open();
  one->create({.name = "c", .dimensions = kDimensions, .fields = {{"share", "integer"}}});
  auto beside = open();
  std::vector<CollectionPoint> points = make(0, 3000);
  one->change(std::vector{CollectionChange{"c", {}, points}});
  const CollectionQuery query{
      .vector = points[5].vector, .k = 50, .filter = below(50), .exact = true};
  const auto expected = one->search("c", query);
  const auto same = [&](const VectorCollections& other) {
    const auto found = other.search("c", query);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].id, expected[i].id);
      EXPECT_EQ(found[i].score, expected[i].score);
      EXPECT_EQ(found[i].payload, expected[i].payload);
    }
  };
  same(*beside);
  one->wait_until_kept();
  same(*one);
  same(*beside);  // now from the file
  one.reset();
  same(*open());
  // Removals that the file forgot reach whoever was open all along.
  beside->change(std::vector{CollectionChange{"c", {points[5].id}, make(5000, 700)}});
  beside->change(std::vector{CollectionChange{"c", {}, {points[5]}}});
  std::vector<PointId> others;
  for (size_t i = 5000; i < 5700; ++i) others.push_back(PointId::from_number(i));
  beside->change(std::vector{CollectionChange{"c", others, {}}});
  beside->wait_until_kept();
  same(*beside);
}

TEST_F(Collections, ADamagedOrMissingIndexFileIsMadeAgain) {
  {
    auto collections = open();
    collections->create({.name = "c", .dimensions = kDimensions, .fields = {{"share", "integer"}}});
    collections->change(std::vector{CollectionChange{"c", {}, make(0, 2000)}});
    collections->wait_until_kept();
  }
  const fs::path file = fs::directory_iterator(file_.string() + "-index")->path();
  const std::string whole = read_file(file);
  for (const size_t size :
       {size_t{0}, size_t{10}, size_t{100}, whole.size() / 2, whole.size() - 9}) {
    fs::resize_file(file, size);
    auto collections = open();
    EXPECT_EQ(collections->search("c", {.vector = std::vector<float>(kDimensions, 1.0f), .k = 5000})
                  .size(),
              2000u);
    collections.reset();
    write_file_atomic(file, whole);
  }
  // Bytes that are not what they were may change a result, never lead outside of the file.
  for (int round = 0; round < 30; ++round) {
    std::string broken = whole;
    for (int i = 0; i < 20; ++i)
      broken[random_.below(broken.size())] = static_cast<char>(random_.below(256));
    write_file_atomic(file, broken);
    try {
      auto collections = open();
      recall(*collections, below(50));
    } catch (const Error&) {
    }
  }
  fs::remove(file);
  auto collections = open();
  EXPECT_EQ(collections->count("c", below(1000)), 2000u);
}

}  // namespace
}  // namespace twin::vectors
