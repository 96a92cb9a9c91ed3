#include "features/pipeline.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>

#include "base/error.h"
#include "domain/masking.h"
#include "features/test_documents.h"
#include "stores/documents/sqlite.h"

namespace twin {
namespace {

class UpdateFeatures : public ::testing::Test {
 protected:
  void put(const RawDocument& document) {
    store_->put_document(document, {document.link, "", "", "", "2024-01-01T00:00:00Z"});
  }
  void put(const std::string& id, const std::string& text) {
    RawDocument document = test::document_of(text);
    document.id = document.link = id;
    put(document);
  }
  FeaturesReport update(ChunkOptions options = {}) {
    return update_features(context_, *store_, options);
  }
  QuietContext context_{2};
  std::unique_ptr<DocumentStore> store_ = open_sqlite_document_store(":memory:");
};

TEST_F(UpdateFeatures, EveryDocumentIsDoneOnce) {
  put("a", "# One\n\nText of one.\n");
  put("b", "---\ntitle: x\n---\nText of two.\n");
  const FeaturesReport first = update();
  EXPECT_EQ(first.documents, 2u);
  EXPECT_EQ(first.done, 2u);
  EXPECT_EQ(first.chunks, 2u);
  EXPECT_EQ(first.removed_bytes.at(RemovalReason::kFrontMatter), 17u);
  EXPECT_EQ(store_->search_chunks({.terms = {"text"}}).size(), 2u);
  const FeaturesReport second = update();
  EXPECT_EQ(second.done, 0u);
  EXPECT_EQ(second.unchanged, 2u);
  EXPECT_EQ(second.chunks, 2u);
  EXPECT_EQ(second.kept_bytes, first.kept_bytes) << "the report counts what was done before";
  EXPECT_EQ(second.removed_bytes, first.removed_bytes);
  EXPECT_EQ(second.verbatim_bytes, first.verbatim_bytes);
}

TEST_F(UpdateFeatures, OnlyTheChangedDocumentIsDoneAgain) {
  put("a", "Text of one.\n");
  put("b", "Text of two.\n");
  update();
  put("b", "Other words of two.\n");
  const FeaturesReport report = update();
  EXPECT_EQ(report.done, 1u);
  EXPECT_EQ(report.unchanged, 1u);
  EXPECT_EQ(store_->features("b")->clean.version, 2);
  EXPECT_EQ(store_->features("b")->chunks.at(0).text, "Other words of two.\n");
  EXPECT_EQ(store_->chunk_count(), 2u) << "the old version's chunks are gone";
}

TEST_F(UpdateFeatures, OtherOptionsDoAllAgain) {
  put("a", "One. Two. Three. Four.\n");
  update();
  EXPECT_EQ(update({.target_tokens = 2, .max_tokens = 4}).done, 1u);
  EXPECT_GT(store_->chunk_count(), 1u);
}

TEST_F(UpdateFeatures, ABlockThatBecomesARepetitionTouchesItsDocumentsAlone) {
  const std::string notice = "\n\nFollow me for more about engines and looms!\n";
  put("a", "One." + notice);
  put("b", "Two." + notice);
  put("c", "Three.\n");
  update();
  put("d", "Four." + notice);
  EXPECT_EQ(update().done, 3u);
  EXPECT_EQ(store_->features("a")->chunks.at(0).text, "One.\n\n");
}

TEST_F(UpdateFeatures, AnotherAuthorsRepetitionsDoNotMatter) {
  const std::string notice = "\n\nFollow me for more about engines and looms!\n";
  for (const char* author : {"x", "y", "z"}) {
    RawDocument document = test::document_of(std::string("Of ") + author + "." + notice);
    document.author_id = author;
    put(document);
  }
  EXPECT_EQ(update().removed_bytes.count(RemovalReason::kRepeated), 0u);
}

TEST_F(UpdateFeatures, ACrossPostIsLinkedToTheOneThatIsKept) {
  const std::string text =
      "The engine is made of brass, and it turns the whole day for whoever feeds it, whatever the "
      "weather may be, and it never complains of its work, nor of its wages.\n";
  put("a", text);
  put("b", "Something else entirely.\n");
  put("c", text + "\nOriginally published at https://a.org.\n");
  const FeaturesReport report = update();
  EXPECT_EQ(report.duplicates, 1u);
  EXPECT_EQ(store_->features("c")->clean.duplicate_of, "a");
  EXPECT_TRUE(store_->features("c")->chunks.empty());
  EXPECT_EQ(report.removed_bytes.count(RemovalReason::kRepeated), 0u);
  EXPECT_EQ(update().done, 0u);
  put("c", "Now it says something of its own, at last.\n");
  EXPECT_EQ(update().done, 1u);
  EXPECT_EQ(store_->features("c")->clean.duplicate_of, "");
}

// A store in a file, whose rows are changed behind its back.
class UpdateFeaturesInAFile : public UpdateFeatures {
 protected:
  UpdateFeaturesInAFile() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    store_ = open_sqlite_document_store(path_);
    put("a", text_);
    put("b", "Something else entirely, of looms and their cards.\n");
    update();
  }
  ~UpdateFeaturesInAFile() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  void execute(const std::string& sql) { sqlite::Database(path_).execute(sql); }

  const std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) / "twin_update_features";
  const std::string path_ = (folder_ / "twin.db").string();
  const std::string text_ =
      "The engine is made of brass, and it turns the whole day for whoever feeds it, whatever the "
      "weather may be, and it never complains of its work, nor of its wages.\n";
};

TEST_F(UpdateFeaturesInAFile, WhatHasNotChangedIsNotReadAgain) {
  execute("UPDATE documents SET raw = x'ff', verbatim = NULL");
  const FeaturesReport report = update();
  EXPECT_EQ(report.unchanged, 2u);
  EXPECT_EQ(report.verbatim_bytes, text_.size() + 51);
  // A new document is still compared with them.
  put("c", text_ + "\nSo it was printed.\n");
  const FeaturesReport second = update();
  EXPECT_EQ(second.done, 1u);
  EXPECT_EQ(second.unchanged, 2u);
  EXPECT_EQ(store_->features("c")->clean.duplicate_of, "a");
}

TEST_F(UpdateFeaturesInAFile, FactsThatAreGoneOrDamagedAreMadeAnew) {
  for (const char* facts : {"x''", "'no facts'"}) {
    execute(std::string("UPDATE features SET facts = CAST(") + facts +
            " AS BLOB) WHERE document_id = 'a'");
    const FeaturesReport report = update();
    EXPECT_EQ(report.done, 1u) << facts;
    EXPECT_EQ(report.unchanged, 1u) << facts;
    EXPECT_EQ(update().done, 0u) << facts;
  }
}

TEST_F(UpdateFeaturesInAFile, FactsOfAnotherVersionDoNotCount) {
  put("c", text_ + "\nSo it was printed.\n");
  update();
  EXPECT_EQ(store_->features("c")->clean.duplicate_of, "a");
  put("a", "Words that say something of their own by now, and at some length.\n");
  EXPECT_EQ(update().done, 2u);
  EXPECT_EQ(store_->features("c")->clean.duplicate_of, "");
}

TEST_F(UpdateFeatures, PrivateDataIsInNoChunk) {
  put("a", "# Call +1 415 555 2671\n\nWrite to ada@lovelace.org or to mary@somerville.org.\n");
  const FeaturesReport report = update();
  EXPECT_EQ(report.private_found.at(PrivateKind::kEmail), 2u);
  EXPECT_EQ(store_->features("a")->chunks.at(0).text,
            "# Call [telephone]\n\nWrite to [e-mail] or to [e-mail].\n");
  EXPECT_EQ(store_->features("a")->chunks.at(0).heading_path,
            std::vector<std::string>{"Call [telephone]"});
  EXPECT_TRUE(store_->search_chunks({.terms = {"somerville"}}).empty());
  const FeaturesReport allowed = update_features(
      context_.context(), *store_, {}, {.privacy = privacy_allowance("ada@lovelace.org")});
  EXPECT_EQ(allowed.done, 1u);
  EXPECT_EQ(allowed.private_masked.at(PrivateKind::kEmail), 1u);
}

TEST_F(UpdateFeatures, AliasesAreOfTheAuthorThatIsNamed) {
  RawDocument document = test::document_of("Of engines.\n");  // Ada Lovelace's
  document.bylines = {"Augusta Byron"};
  put(document);
  const auto voice = [&](const std::string& author, const std::vector<std::string>& aliases) {
    OwnWordsOptions own;
    own.author = author;
    own.aliases = aliases;
    return update_features(context_.context(), *store_, {}, own).kept_bytes[SpanKind::kProse];
  };
  EXPECT_EQ(voice("", {}), 0u);
  EXPECT_EQ(voice("", {"Augusta Byron"}), 12u);
  EXPECT_EQ(voice("Charles Babbage", {"Augusta Byron"}), 0u);
  EXPECT_EQ(voice("ada lovelace", {"Augusta Byron"}), 12u);
}

TEST_F(UpdateFeatures, AnInterruptionStopsBetweenDocuments) {
  put("a", "Text.\n");
  const std::atomic<bool> interrupted = true;
  Context& quiet = context_.context();
  Context context{quiet.threads, quiet.log, quiet.progress, quiet.clock, interrupted};
  try {
    update_features(context, *store_, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInterrupted);
  }
  EXPECT_EQ(update().done, 1u);
}

TEST_F(UpdateFeatures, EveryChunkOfTheSharedDataIsThereByteForByte) {
  std::vector<RawDocument> documents = test::handbook_documents();
  for (RawDocument& document : test::author_documents(8)) documents.push_back(std::move(document));
  if (documents.empty()) GTEST_SKIP() << "no shared data";
  for (const RawDocument& document : documents) put(document);
  const FeaturesReport report = update();
  EXPECT_EQ(report.done, documents.size());
  size_t chunks = 0;
  for (const RawDocument& document : documents) {
    const Features features = *store_->features(document.id);
    test::expect_partition(features.clean, document.verbatim);
    for (const Chunk& chunk : features.chunks) {
      ASSERT_EQ(chunk.text, masked(document.verbatim, chunk.range, features.clean.private_spans))
          << chunk.id;
    }
    chunks += features.chunks.size();
  }
  EXPECT_EQ(report.chunks, chunks);
  EXPECT_EQ(update().done, 0u);
}

}  // namespace
}  // namespace twin
