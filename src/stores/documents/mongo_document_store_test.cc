#include "stores/documents/mongo_document_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hashing.h"
#include "stores/documents/mongo/feature_rows.h"
#include "stores/documents/mongo/items.h"
#include "stores/documents/mongo/schema.h"
#include "stores/documents/mongo_for_test.h"
#include "stores/documents/warehouse_document.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// As the reference system inserts it.
mongo::Bson reference_document(const std::string& id, const char* content) {
  const OrderedJson json = {{"_id", id},
                            {"content", parse_ordered_json(content, "test")},
                            {"platform", "medium"},
                            {"author_id", "eff74089-0271-4319-8543-745c087f4f61"},
                            {"author_full_name", "Ada Lovelace"},
                            {"link", "https://example.org/" + id}};
  return mongo::bson_from_json(json, mongo::FieldNames::kAny);
}

RawDocument note(const std::string& id, const std::string& raw) {
  RawDocument document;
  document.id = id;
  document.author_id = "a1";
  document.link = "/notes/" + id;
  document.media_type = "text/markdown";
  document.raw = document.verbatim = raw;
  document.content_hash = sha256(raw);
  return document;
}

class MongoDocumentStore : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_test_mongodb()) GTEST_SKIP() << "TWIN_TEST_MONGODB_URI names no server to test with";
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    connection_ = std::make_unique<mongo::Connection>(mongodb_test_context(),
                                                      test_mongodb(path()).connection);
    store_ = open_test_mongodb(path());
  }
  ~MongoDocumentStore() override {
    if (connection_) connection_->drop_database();
    fs::remove_all(folder_);
  }
  std::string path() const { return (folder_ / "passages.db").string(); }
  mongo::Documents documents() { return {mongodb_test_context(), *connection_}; }

  const fs::path folder_ =
      fs::path(::testing::TempDir()) / fmt::format("twin_mongo_test_{}", ::getpid());
  std::unique_ptr<mongo::Connection> connection_;
  std::unique_ptr<DocumentStore> store_;
};

TEST_F(MongoDocumentStore, TheReferencesDatabaseIsReadAndNotWritten) {
  mongo::Bson user;
  user.text("_id", "eff74089-0271-4319-8543-745c087f4f61");
  user.text("first_name", "Ada").text("last_name", "Lovelace");
  connection_->insert("users", user);
  connection_->insert("articles", reference_document("r1", R"({"Title": "T", "Content": "One."})"));
  connection_->insert("posts", reference_document("r2", R"({"Content": "Two."})"));
  connection_->insert("posts", reference_document("none", R"({"Content": 2})"));
  ASSERT_TRUE(store_->find_author("ada lovelace"));
  const auto listed = store_->documents();
  ASSERT_EQ(listed.size(), 2u) << "what is no document is left out";
  EXPECT_EQ(listed[0].title, "T");
  EXPECT_EQ(listed[0].content_hash, store_->document("r1")->content_hash);
  EXPECT_EQ(store_->document("r2")->verbatim, "Two.");
  EXPECT_EQ(store_->document("r2")->category, Category::kPosts);
  EXPECT_EQ(store_->versions("r1"), std::vector<int>{1});
  EXPECT_EQ(store_->platforms(), std::vector<std::string>{"medium"});
  EXPECT_TRUE(store_->items().empty());
  EXPECT_EQ(store_->chunk_count(), 0u);
  EXPECT_TRUE(mongo::store_identity(*connection_).empty()) << "reading has written";

  // An import of the same changes nothing; a change is the second version.
  RawDocument same = *store_->document("r1");
  EXPECT_EQ(store_->put_document(same, {"r1", "", "", "", ""}), PutResult::kUnchanged);
  same.date = "2024";
  EXPECT_EQ(store_->put_document(same, {"r1", "", "", "", ""}), PutResult::kNewVersion);
  EXPECT_EQ(store_->document("r1", 1)->date, "");
  EXPECT_EQ(store_->document("r1")->date, "2024");
  EXPECT_EQ(store_->documents().size(), 2u);
}

TEST_F(MongoDocumentStore, TheReferenceReadsOurs) {
  RawDocument document = note("d1", "Text.");
  document.title = "T";
  document.platform = "files";
  document.author_full_name = "Ada Lovelace";
  store_->put_document(document, {document.link, "", "", "", ""});
  const auto stored = connection_->find_id("articles", "d1");
  ASSERT_TRUE(stored);
  OrderedJson json = mongo::json_from_bson(stored->view());
  json.erase("twin");
  EXPECT_EQ(json,
            parse_ordered_json(
                R"({"_id": "d1", "content": {"Title": "T", "Subtitle": null, "Content": "Text.",
                      "language": null}, "platform": "files", "author_id": "a1",
                      "author_full_name": "Ada Lovelace", "link": "/notes/d1"})",
                "test"));
}

TEST_F(MongoDocumentStore, WhatAKilledWriterLeftDoesNotCount) {
  RawDocument document = note("d1", "one");
  store_->put_document(document, {"s1", "", "", "", "2024"});
  const mongo::Documents all = documents();
  mongo::Items pending(*connection_, all);
  // Killed between the item and the document.
  pending.put_with({"s1", "new version", "", "d1", "2025"}, 2, "w2", store_->item("s1"));
  pending.put_with({"s2", "new", "", "d2", "2025"}, 1, "w3", {});
  EXPECT_EQ(store_->item("s1")->time, "2024");
  EXPECT_FALSE(store_->item("s2"));
  ASSERT_EQ(store_->items().size(), 1u);
  EXPECT_EQ(store_->items()[0].state, "new");
  // Killed in a move to another collection, before it counted.
  mongo::StoredMarks marks;
  marks.version = 2;
  marks.write = "w2";
  marks.moving_from = "articles";
  connection_->put("posts", mongo::stored_form(document, marks, mongo::FieldNames::kNoMarks));
  EXPECT_EQ(store_->document("d1")->version, 1);
  EXPECT_EQ(store_->documents().size(), 1u);
  // And behind it.
  mongo::Bson change;
  change.document("$set", std::move(mongo::Bson().text("twin.moved_to", "posts")));
  connection_->update("articles", mongo::by_id("d1"), change);
  EXPECT_EQ(store_->document("d1")->category, Category::kPosts);
  EXPECT_EQ(store_->documents().size(), 1u);
  EXPECT_EQ(store_->item("s1")->time, "2025") << "it counts with its version";
  document.category = Category::kArticles;
  EXPECT_EQ(store_->put_document(document, {"s1", "", "", "", "2026"}), PutResult::kNewVersion);
  EXPECT_EQ(store_->document("d1")->version, 3);
  EXPECT_EQ(store_->documents().size(), 1u);
}

TEST_F(MongoDocumentStore, AClaimOfAKilledWriterIsTakenOver) {
  const RawDocument document = note("d1", "one");
  store_->put_document(document, {"s1", "", "", "", ""});
  mongo::Bson claim;
  claim.text("_id", "d1:1").text("category", "articles").text("claimed_by", "a killed writer");
  connection_->insert(mongo::kVersions, claim);
  EXPECT_EQ(store_->put_document(note("d1", "two"), {"s1", "", "", "", ""}),
            PutResult::kNewVersion);
  EXPECT_EQ(store_->document("d1", 1)->raw, "one");
  EXPECT_EQ(store_->document("d1")->raw, "two");
}

TEST_F(MongoDocumentStore, SetsOfFeaturesThatNobodyNamesAreSwept) {
  RawDocument document = note("d1", "one");
  store_->put_document(document, {"s1", "", "", "", ""});
  Features features;
  features.key = "k";
  features.clean = {"d1", 1, {{{0, 3}}}};
  store_->put_features(features);
  mongo::Bson old;
  old.text("_id", "left by a killed writer").time("time", 0);
  connection_->insert(mongo::kChunks, old);
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  mongo::FeatureRows(*connection_).sweep(now.count() + int64_t{48} * 3600 * 1000);
  EXPECT_EQ(connection_->find(mongo::kChunks, {}).size(), 1u);
  EXPECT_TRUE(store_->features("d1"));
}

TEST_F(MongoDocumentStore, ANewerSchemaIsRefused) {
  mongo::Bson state;
  state.text("_id", "store").integer("schema", 99);
  connection_->put(mongo::kState, state);
  try {
    open_test_mongodb(path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput) << error.what();
  }
}

TEST_F(MongoDocumentStore, ADamagedIndexIsMadeAnew) {
  RawDocument document = note("d1", "one");
  store_->put_document(document, {"s1", "", "", "", ""});
  Features features;
  features.key = "k";
  features.clean = {"d1", 1, {{{0, 3}}}};
  Chunk chunk;
  chunk.id = "d1:0";
  chunk.document_id = "d1";
  chunk.version = 1;
  chunk.text = "one";
  features.chunks = {chunk};
  store_->put_features(features);
  EXPECT_EQ(store_->chunk_count(), 1u);
  store_.reset();
  for (const char* suffix : {"-wal", "-shm"}) fs::remove(path() + suffix);
  write_file_atomic(path(), std::string(5000, 'x'));
  EXPECT_EQ(open_test_mongodb(path())->search_chunks({.terms = {"one"}}).size(), 1u);
}

TEST(MongoConnection, UrisAreShownWithoutPasswords) {
  EXPECT_EQ(mongo::without_password("mongodb://ada:s3cr%40t@h:1/d?x=@"),
            "mongodb://ada:***@h:1/d?x=@");
  EXPECT_EQ(mongo::without_password("mongodb://ada@h/d"), "mongodb://ada@h/d");
  EXPECT_EQ(mongo::without_password("mongodb://h:1/d"), "mongodb://h:1/d");
  EXPECT_TRUE(mongo::has_password("mongodb://ada:x@h"));
  EXPECT_FALSE(mongo::has_password("mongodb://ada@h:27017/d"));
  EXPECT_TRUE(mongo::has_user("mongodb://ada@h:27017/d"));
  EXPECT_FALSE(mongo::has_user("mongodb://h:27017/d"));
}

TEST(MongoConnection, WhatIsNoUriAndWhereNobodyAnswersIsSaid) {
  QuietContext context;
  const auto error_of = [&](const std::string& uri) {
    try {
      mongo::ConnectionOptions options;
      options.uri = uri;
      mongo::Connection(context, options);
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find("s3cret"), std::string::npos) << error.what();
      return error.code();
    }
    return ErrorCode::kFailed;
  };
  EXPECT_EQ(error_of("mongodb://ada:s3cret@/?nonsense"), ErrorCode::kUsage);
  EXPECT_EQ(error_of("mongodb://"), ErrorCode::kUsage);
  EXPECT_EQ(error_of("mongodb://ada:s3cret@127.0.0.1:9/twin?serverSelectionTimeoutMS=300"),
            ErrorCode::kRemote);
}

}  // namespace
}  // namespace twin
