#include "stores/vectors/vector_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/hashing.h"
#include "base/random.h"
#include "stores/vectors/vector_collections.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr size_t kDimensions = 40;

std::vector<float> unit_vector(Random& random) {
  std::vector<float> vector(kDimensions);
  double squares = 0;
  for (float& x : vector) {
    x = static_cast<float>(random.normal());
    squares += double{x} * x;
  }
  for (float& x : vector) x = static_cast<float>(x / std::sqrt(squares));
  return vector;
}

VectorPoint point_of(Random& random, size_t document, size_t ordinal) {
  VectorPoint point;
  point.document_id = fmt::format("doc{}", document);
  point.ordinal = ordinal;
  point.id = fmt::format("{}:{}", point.document_id, ordinal);
  point.version = 2;
  point.author_id = document % 3 == 0 ? "ada" : "bob";
  point.platform = document % 2 == 0 ? "medium" : "files";
  point.category = static_cast<Category>(document % 3);
  if (document % 5 != 0)
    point.date = fmt::format("20{:02}-0{}-10T08:00:00Z", document % 20 + 5, document % 9 + 1);
  if (document % 4 == 0) point.tags = {"music", fmt::format("t{}", document % 7)};
  point.content_hash = fmt::format("hash of {}", point.id);
  point.vector = unit_vector(random);
  return point;
}

class EmbeddedVectors : public ::testing::Test {
 protected:
  EmbeddedVectors()
      : file_(neighbour_of(fs::temp_directory_path() / "twin_vectors") / "vectors.db") {
    fs::create_directories(file_.parent_path());
  }
  ~EmbeddedVectors() override { fs::remove_all(file_.parent_path()); }

  std::unique_ptr<VectorStore> open(const std::string& embedder = "minilm") {
    return open_embedded_vector_store(context_, file_,
                                      {.dimensions = kDimensions, .embedder = embedder});
  }

  static std::vector<VectorPoint> points(size_t documents, size_t each) {
    Random random(5);
    std::vector<VectorPoint> list;
    for (size_t d = 0; d < documents; ++d) {
      for (size_t i = 0; i < each; ++i) list.push_back(point_of(random, d, i));
    }
    return list;
  }

  fs::path file_;
  QuietContext context_{2};
};

bool passes(const VectorFilter& filter, const VectorPoint& point) {
  const auto prefix = [&](size_t n) { return point.date.substr(0, n); };
  const auto any_tag = [&](const std::string& tag) {
    return std::find(point.tags.begin(), point.tags.end(), tag) != point.tags.end();
  };
  if (filter.author_id && *filter.author_id != point.author_id) return false;
  if (filter.platform && *filter.platform != point.platform) return false;
  if (filter.category && *filter.category != point.category) return false;
  if ((filter.date_from || filter.date_to) && point.date.empty()) return false;
  if (filter.date_from && prefix(filter.date_from->size()) < *filter.date_from) return false;
  if (filter.date_to && prefix(filter.date_to->size()) > *filter.date_to) return false;
  if (!filter.tags.empty() && std::none_of(filter.tags.begin(), filter.tags.end(), any_tag)) {
    return false;
  }
  const auto& ids = filter.document_ids;
  return ids.empty() || std::find(ids.begin(), ids.end(), point.document_id) != ids.end();
}

std::vector<VectorHit> reference_search(const std::vector<VectorPoint>& points,
                                        const std::vector<float>& query, size_t k,
                                        const VectorFilter& filter) {
  std::vector<VectorHit> hits;
  for (const VectorPoint& point : points) {
    if (!passes(filter, point)) continue;
    double sum = 0;
    for (size_t i = 0; i < kDimensions; ++i) sum += double{query[i]} * point.vector[i];
    hits.push_back({point.id, static_cast<float>(sum)});
  }
  std::sort(hits.begin(), hits.end(), [](const VectorHit& a, const VectorHit& b) {
    return a.score != b.score ? a.score > b.score : a.id < b.id;
  });
  if (hits.size() > k) hits.resize(k);
  return hits;
}

const std::vector<VectorFilter>& filters() {
  static const std::vector<VectorFilter> all = {
      {},
      {.author_id = "ada"},
      {.platform = "files"},
      {.category = Category::kPosts},
      {.date_from = "2010"},
      {.date_to = "2012-05"},
      {.date_from = "2009-03-10", .date_to = "2019"},
      {.tags = {"t3", "music"}},
      {.document_ids = {"doc7", "doc11", "none"}},
      {.author_id = "bob", .platform = "files", .date_from = "2008", .tags = {}},
      {.author_id = "nobody"},
  };
  return all;
}

TEST_F(EmbeddedVectors, SearchFindsWhatAPlainLoopFinds) {
  const std::vector<VectorPoint> all = points(300, 8);
  const auto store = open();
  store->upsert(all);
  EXPECT_EQ(store->count(), all.size());
  Random random(9);
  for (const VectorFilter& filter : filters()) {
    const std::vector<float> query = unit_vector(random);
    const std::vector<VectorHit> expected = reference_search(all, query, 10, filter);
    const std::vector<VectorHit> found = store->search(query, 10, filter);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].id, expected[i].id);
      EXPECT_NEAR(found[i].score, expected[i].score, 1e-6);
    }
    const auto passing = std::count_if(
        all.begin(), all.end(), [&](const VectorPoint& point) { return passes(filter, point); });
    EXPECT_EQ(store->count(filter), static_cast<size_t>(passing));
  }
}

TEST_F(EmbeddedVectors, EqualScoresComeById) {
  std::vector<VectorPoint> all = points(30, 1);
  for (VectorPoint& point : all) point.vector = all[0].vector;
  const auto store = open();
  std::vector<VectorPoint> backwards(all.rbegin(), all.rend());
  store->upsert(backwards);
  const std::vector<VectorHit> hits = store->search(all[0].vector, 30, {});
  ASSERT_EQ(hits.size(), 30u);
  EXPECT_TRUE(std::is_sorted(hits.begin(), hits.end(),
                             [](const auto& a, const auto& b) { return a.id < b.id; }));
}

TEST_F(EmbeddedVectors, ScrollGivesBackEveryPointAsItWasInPages) {
  const std::vector<VectorPoint> all = points(60, 3);
  const auto store = open();
  store->upsert(all);
  for (const VectorFilter& filter : filters()) {
    std::map<std::string, VectorPoint> found;
    std::string after, last;
    while (true) {
      const std::vector<VectorPoint> page = store->scroll(after, 7, filter, true);
      if (page.empty()) break;
      for (const VectorPoint& point : page) {
        EXPECT_LT(last, uuid_from_name(point.id));
        last = uuid_from_name(point.id);
        EXPECT_TRUE(found.emplace(point.id, point).second);
      }
      after = page.back().id;
    }
    size_t expected = 0;
    for (const VectorPoint& point : all) {
      if (!passes(filter, point)) continue;
      ++expected;
      ASSERT_TRUE(found.contains(point.id));
      const VectorPoint& same = found.at(point.id);
      EXPECT_EQ(same.vector, point.vector);
      EXPECT_EQ(same.tags, point.tags);
      EXPECT_EQ(same.date, point.date);
      EXPECT_EQ(same.version, point.version);
      EXPECT_EQ(same.category, point.category);
      EXPECT_EQ(same.ordinal, point.ordinal);
    }
    EXPECT_EQ(found.size(), expected);
  }
  EXPECT_TRUE(store->scroll("", 1, {}, false)[0].vector.empty());
}

TEST_F(EmbeddedVectors, UpsertReplacesAndRemoveRemoves) {
  std::vector<VectorPoint> all = points(20, 4);
  const auto store = open();
  store->upsert(all);
  const std::vector<std::string> some = {"doc4", "doc5", "none"};
  const DocumentHashes known = store->hashes_of(some);
  EXPECT_EQ(known.size(), 2u);
  EXPECT_EQ(known.at("doc4").size(), 4u);
  EXPECT_EQ(known.at("doc4").at("doc4:2"), "hash of doc4:2");
  EXPECT_TRUE(store->hashes_of({}).empty());
  Random random(77);
  VectorPoint changed = all[10];
  changed.vector = unit_vector(random);
  changed.content_hash = "new";
  changed.category = Category::kRepositories;  // goes from one collection to another
  store->upsert(std::vector{changed});
  EXPECT_EQ(store->count(), all.size());
  EXPECT_EQ(store->search(changed.vector, 1, {})[0].id, changed.id);
  EXPECT_EQ(store->hashes_of({&changed.document_id, 1}).at(changed.document_id).at(changed.id),
            "new");
  store->remove_document("doc4");
  store->remove_document("doc4");
  EXPECT_EQ(store->count(), all.size() - 4);
  EXPECT_FALSE(store->hashes_of(some).contains("doc4"));
  for (const VectorHit& hit : store->search(all[16].vector, 80, {})) {
    EXPECT_FALSE(hit.id.starts_with("doc4:"));
  }
}

TEST_F(EmbeddedVectors, AnotherOpenStoreSeesWhatWasWritten) {
  const std::vector<VectorPoint> all = points(20, 2);
  const auto one = open();
  const auto two = open();
  EXPECT_TRUE(two->search(all[0].vector, 3, {}).empty());
  one->upsert(all);
  EXPECT_EQ(two->search(all[0].vector, 1, {})[0].id, all[0].id);
  two->remove_document(all[0].document_id);
  EXPECT_NE(one->search(all[0].vector, 1, {})[0].id, all[0].id);
  const auto later = open();
  EXPECT_EQ(later->count(), all.size() - 2);
}

TEST_F(EmbeddedVectors, VectorsOfAnotherEmbedderAreRefusedOrReplaced) {
  open()->upsert(points(4, 2));
  try {
    open("bge");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("minilm"), std::string::npos) << error.what();
  }
  const auto replaced = open_embedded_vector_store(
      context_, file_, {.dimensions = 8, .embedder = "bge", .access = VectorAccess::kReplace});
  EXPECT_EQ(replaced->count(), 0u);
}

TEST_F(EmbeddedVectors, AStoreThatIsReadMakesNothingAndSeesWhatComes) {
  const auto collections = open_vector_collections(context_, file_);
  const VectorStoreOptions reading{
      .dimensions = kDimensions, .embedder = "minilm", .access = VectorAccess::kRead};
  const auto reader = open_embedded_vector_store(*collections, reading);
  const std::vector<VectorPoint> all = points(6, 1);
  EXPECT_TRUE(reader->search(all[0].vector, 3, {}).empty());
  EXPECT_EQ(reader->count(), 0u);
  EXPECT_TRUE(reader->scroll("", 5, {}, false).empty());
  EXPECT_TRUE(collections->list().empty());
  open()->upsert(all);
  EXPECT_EQ(reader->search(all[0].vector, 1, {})[0].id, all[0].id);
  const VectorStoreOptions other{
      .dimensions = kDimensions, .embedder = "bge", .access = VectorAccess::kRead};
  EXPECT_THROW(open_embedded_vector_store(*collections, other), Error);
}

TEST_F(EmbeddedVectors, PointsOfOthersAreNeverDropped) {
  const auto collections = open_vector_collections(context_, file_);
  collections->create({.name = "embedded_posts", .dimensions = 3});
  const CollectionChange change{
      "embedded_posts", {}, {{vectors::PointId::from_number(1), "{}", {1, 0, 0}}}};
  collections->change(std::span(&change, 1));
  try {
    open_embedded_vector_store(
        *collections,
        {.dimensions = kDimensions, .embedder = "minilm", .access = VectorAccess::kReplace});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("did not write"), std::string::npos) << error.what();
  }
  EXPECT_EQ(collections->count("embedded_posts"), 1u);
}

TEST_F(EmbeddedVectors, ABrokenFileIsAnErrorThatNamesIt) {
  write_file_atomic(file_, std::string(5000, 'x'));
  try {
    open();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_NE(std::string(error.what()).find("vectors.db"), std::string::npos);
  }
}

TEST_F(EmbeddedVectors, SearchesAndWritesSideBySide) {
  const std::vector<VectorPoint> all = points(100, 2);
  const auto store = open();
  std::thread writer([&] {
    for (size_t i = 0; i < all.size(); i += 4) {
      store->upsert(std::span(all).subspan(i, 4));
      if (i % 40 == 0) store->remove_document(all[i].document_id);
    }
  });
  std::thread reader([&] {
    for (int i = 0; i < 200; ++i) store->search(all[0].vector, 5, {.author_id = "ada"});
  });
  for (int i = 0; i < 200; ++i) {
    EXPECT_LE(store->search(all[1].vector, 5, {}).size(), 5u);
    store->scroll("", 5, {.platform = "files"}, false);
  }
  writer.join();
  reader.join();
}

TEST_F(EmbeddedVectors, AKilledWriterLosesNothingThatReturned) {
  const std::vector<VectorPoint> all = points(2000, 1);
  for (int round = 0; round < 5; ++round) {
    int told[2];
    ASSERT_EQ(::pipe(told), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      QuietContext context(1);
      const auto store = open_embedded_vector_store(
          context, file_, {.dimensions = kDimensions, .embedder = "minilm"});
      for (size_t i = 0; i < all.size(); i += 20) {
        store->upsert(std::span(all).subspan(i, 20));
        const auto done = static_cast<uint32_t>(i + 20);
        if (::write(told[1], &done, sizeof done) != sizeof done) ::_exit(1);
      }
      ::_exit(0);
    }
    ::close(told[1]);
    uint32_t done = 0, message = 0;
    for (int i = 0; i < 7 + 9 * round; ++i) {
      if (::read(told[0], &message, sizeof message) == sizeof message) done = message;
    }
    ::kill(child, SIGKILL);
    while (::read(told[0], &message, sizeof message) == sizeof message) done = message;
    ::waitpid(child, nullptr, 0);
    ::close(told[0]);
    const auto store = open();
    EXPECT_GE(store->count(), done);
    EXPECT_EQ(store->count() % 20, 0u);
    for (size_t i = 0; i < done; i += 97) {
      EXPECT_EQ(store->search(all[i].vector, 1, {})[0].id, all[i].id);
    }
  }
}

}  // namespace
}  // namespace twin
