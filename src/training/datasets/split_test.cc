#include "training/datasets/split.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace twin {
namespace {

DocumentSummary document(const std::string& author, const std::string& id,
                         const std::string& date = {}) {
  DocumentSummary summary;
  summary.author_id = author;
  summary.id = id;
  summary.date = date;
  return summary;
}

std::vector<DocumentSummary> undated(const std::string& author, size_t count) {
  std::vector<DocumentSummary> documents;
  for (size_t i = 0; i < count; ++i) {
    documents.push_back(document(author, author + "-" + std::to_string(i)));
  }
  return documents;
}

size_t tests_in(const std::map<std::string, Split>& split) {
  return static_cast<size_t>(std::count_if(
      split.begin(), split.end(), [](const auto& entry) { return entry.second == Split::kTest; }));
}

TEST(Split, DatedDocumentsPutTheNewestInTest) {
  std::vector<DocumentSummary> documents;
  for (int month = 1; month <= 9; ++month) {
    const std::string date = "2024-0" + std::to_string(month) + "-01";
    documents.push_back(document("a", "d" + std::to_string(month), date));
  }
  const auto split = split_documents(documents, 0.2);
  EXPECT_EQ(tests_in(split), 2u);
  EXPECT_EQ(split.at("d9"), Split::kTest);
  EXPECT_EQ(split.at("d8"), Split::kTest);
}

TEST(Split, OneUndatedDocumentMakesTheAuthorSplitByHash) {
  std::vector<DocumentSummary> documents = undated("a", 50);
  for (size_t i = 1; i < documents.size(); ++i) documents[i].date = "2024-01-01";
  EXPECT_EQ(split_documents(documents, 0.2), split_documents(undated("a", 50), 0.2));
}

TEST(Split, AddingUndatedDocumentsMovesFew) {
  const auto before = split_documents(undated("a", 100), 0.15);
  const auto after = split_documents(undated("a", 110), 0.15);
  size_t moved = 0;
  for (const auto& [id, side] : before) moved += after.at(id) != side;
  EXPECT_LE(moved, 5u);
}

TEST(Split, ShareIsTheOneAskedFor) {
  EXPECT_EQ(tests_in(split_documents(undated("a", 26), 0.15)), 4u);
  EXPECT_EQ(tests_in(split_documents(undated("a", 2000), 0.15)), 300u);
}

TEST(Split, EveryAuthorOfTwoHasOneOfEach) {
  std::vector<DocumentSummary> documents;
  for (int author = 0; author < 40; ++author) {
    for (const DocumentSummary& d : undated("author" + std::to_string(author), 2)) {
      documents.push_back(d);
    }
  }
  EXPECT_EQ(tests_in(split_documents(documents, 0.0)), 40u);
  EXPECT_EQ(tests_in(split_documents(documents, 0.99)), 40u);
}

TEST(Split, SingleDocumentIsForTraining) {
  EXPECT_EQ(tests_in(split_documents(undated("a", 1), 0.9)), 0u);
}

TEST(Split, OrderOfTheListDoesNotMatter) {
  std::vector<DocumentSummary> documents = undated("a", 30);
  const auto split = split_documents(documents, 0.3);
  std::reverse(documents.begin(), documents.end());
  EXPECT_EQ(split_documents(documents, 0.3), split);
}

}  // namespace
}  // namespace twin
