#include "features/vectors.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "features/pipeline.h"
#include "features/test_documents.h"

namespace twin {
namespace {

// Counts of two letters as a vector; a text has as many tokens as bytes.
class LetterEmbedder final : public Embedder {
 public:
  explicit LetterEmbedder(std::string name) : name_(std::move(name)) {}
  size_t dimensions() const override { return 2; }
  size_t max_tokens() const override { return 40; }
  size_t count_tokens(std::string_view text, EmbedAs) const override { return text.size(); }
  std::string identity() const override { return name_; }
  std::vector<float> embed(Context&, std::span<const std::string> texts, EmbedAs) override {
    std::vector<float> rows;
    for (const std::string& text : texts) {
      EXPECT_LE(text.size(), max_tokens());
      EXPECT_FALSE(text.empty());
      const auto a = 0.1f + static_cast<float>(std::count(text.begin(), text.end(), 'a'));
      const auto b = 0.1f + static_cast<float>(std::count(text.begin(), text.end(), 'b'));
      const float length = std::sqrt(a * a + b * b);
      rows.insert(rows.end(), {a / length, b / length});
      ++embedded;
    }
    return rows;
  }
  size_t embedded = 0;

 private:
  std::string name_;
};

class UpdateVectors : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    open("letters");
    put("one", "aaa aaa aaa.");
    put("two", "bbb bbb bbb.");
  }
  void TearDown() override {
    vectors_.reset();
    std::filesystem::remove_all(folder_);
  }
  void open(const std::string& name) {
    embedder_ = std::make_unique<LetterEmbedder>(name);
    vectors_.reset();
    vectors_ = open_embedded_vector_store(
        context_, folder_ / "vectors.db",
        {.dimensions = 2, .embedder = name, .access = VectorAccess::kReplace});
  }
  void put(const std::string& id, const std::string& text) {
    RawDocument document = test::document_of(text);
    document.id = document.link = id;
    document.title.clear();
    store_->put_document(document, {id, "", "", "", "2024-01-01T00:00:00Z"});
  }
  VectorsReport update(LongPassages long_passages = LongPassages::kInPieces) {
    update_features(context_, *store_, {});
    return update_vectors(context_, *store_, *vectors_, *embedder_, long_passages);
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("twin_update_vectors_" + std::to_string(getpid()));
  QuietContext context_;
  std::unique_ptr<DocumentStore> store_ = open_sqlite_document_store(":memory:");
  std::unique_ptr<LetterEmbedder> embedder_;
  std::unique_ptr<VectorStore> vectors_;
};

TEST_F(UpdateVectors, OnlyWhatChangedIsEmbedded) {
  VectorsReport report = update();
  EXPECT_EQ(report.done, 2u);
  EXPECT_EQ(report.passages, 2u);
  EXPECT_EQ(vectors_->count(), 2u);
  report = update();
  EXPECT_EQ(report.unchanged, 2u);
  EXPECT_EQ(embedder_->embedded, 2u);
  put("two", "aaa bbb aaa.");
  report = update();
  EXPECT_EQ(report.done, 1u);
  EXPECT_EQ(embedder_->embedded, 3u);
  EXPECT_EQ(vectors_->count(), 2u) << "the older version's is gone";
}

TEST_F(UpdateVectors, AnotherEmbedderBeginsAnew) {
  update();
  open("other letters");
  EXPECT_EQ(vectors_->count(), 0u);
  EXPECT_EQ(update().done, 2u);
}

TEST_F(UpdateVectors, LongPassagesAreReadWhole) {
  put("long", "aaaaa aaaaa aaaaa aaaaa aaaaa aaaaa bbbbb bbbbb bbbbb bbbbb bbbbb bbbbb bbbbb.");
  EXPECT_EQ(update().long_passages, 1u);
  const std::vector<float> like_b{0, 1};
  for (const VectorHit& hit : vectors_->search(like_b, 10)) {
    if (hit.id.starts_with("long")) {
      EXPECT_GT(hit.score, 0.6f);
    }
  }
}

TEST_F(UpdateVectors, OrByTheirBeginning) {
  put("long", "aaaaa aaaaa aaaaa aaaaa aaaaa aaaaa bbbbb bbbbb bbbbb bbbbb bbbbb bbbbb bbbbb.");
  EXPECT_EQ(update(LongPassages::kBeginning).long_passages, 1u);
  const std::vector<float> like_b{0, 1};
  for (const VectorHit& hit : vectors_->search(like_b, 10)) {
    if (hit.id.starts_with("long")) {
      EXPECT_LT(hit.score, 0.3f);
    }
  }
}

TEST_F(UpdateVectors, AWordTooLongIsCutBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "é";
  put("word", text);
  EXPECT_EQ(update().long_passages, 1u);
}

}  // namespace
}  // namespace twin
