#include "stores/documents/document_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/hashing.h"
#include "stores/documents/mongo_for_test.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

RawDocument example(const std::string& id, const std::string& raw) {
  RawDocument document;
  document.id = id;
  document.author_id = "a1";
  document.author_full_name = "Ada Lovelace";
  document.platform = "files";
  document.link = "/notes/" + id + ".md";
  document.title = "A note";
  document.tags = {"one", "two \"quoted\""};
  document.bylines = {"Ada Lovelace", "Charles Babbage"};
  document.genre = "readme";
  document.headers = "content-type: text/markdown\n";
  document.media_type = "text/markdown";
  document.raw = document.verbatim = raw;
  document.content_hash = sha256(raw);
  return document;
}

Item item_for(const RawDocument& document) {
  return {document.link,      "",     "",  "", "2024-01-01T00:00:00Z", "\"v1\"",
          "Mon, 01 Jan 2024", "page", "a1"};
}

Features features_for(const RawDocument& document, int version, const std::string& key) {
  Features features;
  features.key = key;
  const size_t middle = document.verbatim.size() / 2;
  features.clean = {
      document.id,
      version,
      {{{0, middle}, SpanKind::kProse, RemovalReason::kNone},
       {{middle, document.verbatim.size()}, SpanKind::kRemoved, RemovalReason::kNavigation}},
      {{{1, 3}, PrivateKind::kEmail}, {{3, 4}, PrivateKind::kName}},
      "another-document"};
  Chunk chunk;
  chunk.id = document.id + ":0";
  chunk.document_id = document.id;
  chunk.version = version;
  chunk.range = {0, middle};
  chunk.title = document.title;
  chunk.heading_path = {"Engines", "Wheels"};
  chunk.tokens = 3;
  chunk.text = document.verbatim.substr(0, middle);
  features.chunks = {chunk};
  features.facts = std::string("\0\xff facts of ", 12) + key;
  return features;
}

// A back end: opens the store again on the same data, and forgets it.
struct Backend {
  const char* name;
  std::unique_ptr<DocumentStore> (*open)(const std::string& path);
  void (*forget)(const std::string& path);
  bool (*is_there)();
  std::chrono::milliseconds until_it_works{300};  // enough for some documents
};

// The contract, for any back end.
class DocumentStoreContract : public ::testing::TestWithParam<Backend> {
 protected:
  DocumentStoreContract()
      : folder_(fs::path(::testing::TempDir()) / fmt::format("twin_store_test_{}", ::getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void SetUp() override {
    if (!GetParam().is_there())
      GTEST_SKIP() << "TWIN_TEST_MONGODB_URI names no server to test with";
    reopen();
  }
  ~DocumentStoreContract() override {
    store_.reset();
    if (GetParam().is_there()) GetParam().forget(path());
    fs::remove_all(folder_);
  }
  std::string path() const { return (folder_ / "twin.db").string(); }
  void reopen() {
    store_.reset();
    store_ = GetParam().open(path());
  }
  fs::path folder_;
  std::unique_ptr<DocumentStore> store_;
};

TEST_P(DocumentStoreContract, BytesComeBackAsTheyWere) {
  const std::string bytes("na\xefve \0 \r\n\xf0\x9f\x98\x80 end", 18);
  const RawDocument document = example("d1", bytes);
  EXPECT_EQ(store_->put_document(document, item_for(document)), PutResult::kNew);
  reopen();
  const auto found = store_->document("d1");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->raw, bytes);
  EXPECT_EQ(found->verbatim, bytes);
  EXPECT_EQ(found->tags, document.tags);
  EXPECT_EQ(found->headers, document.headers);
  EXPECT_TRUE(same_state(*found, document));
  EXPECT_EQ(found->version, 1);
  EXPECT_FALSE(store_->document("d2"));
  EXPECT_FALSE(store_->document("d1", 2));
}

TEST_P(DocumentStoreContract, ExtractedTextIsKeptBesideTheRawBytes) {
  RawDocument document = example("d1", "<p>Hello</p>");
  document.extractor = "html-markdown/1";
  document.verbatim = "Hello\n";
  store_->put_document(document, item_for(document));
  EXPECT_EQ(store_->document("d1")->verbatim, "Hello\n");
  EXPECT_EQ(store_->document("d1")->raw, "<p>Hello</p>");
}

TEST_P(DocumentStoreContract, ChangedDocumentIsANewVersionAndTheOldOneStays) {
  const RawDocument first = example("d1", "first");
  RawDocument second = example("d1", "second");
  store_->put_document(first, item_for(first));
  EXPECT_EQ(store_->put_document(first, item_for(first)), PutResult::kUnchanged);
  EXPECT_EQ(store_->put_document(second, item_for(second)), PutResult::kNewVersion);
  second.title = "Another title";
  EXPECT_EQ(store_->put_document(second, item_for(second)), PutResult::kNewVersion);
  EXPECT_EQ(store_->versions("d1"), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(store_->document("d1")->raw, "second");
  EXPECT_EQ(store_->document("d1", 1)->raw, "first");
  ASSERT_EQ(store_->documents().size(), 1u);
  EXPECT_EQ(store_->documents()[0].version, 3);
  EXPECT_EQ(store_->item("/notes/d1.md")->state, "new version");
  EXPECT_EQ(store_->item("/notes/d1.md")->document_id, "d1");
  EXPECT_EQ(store_->item("/notes/d1.md")->etag, "\"v1\"");
  EXPECT_EQ(store_->item("/notes/d1.md")->last_modified, "Mon, 01 Jan 2024");
  EXPECT_EQ(store_->item("/notes/d1.md")->kind, "page");
  EXPECT_EQ(store_->item("/notes/d1.md")->author_id, "a1");
}

TEST_P(DocumentStoreContract, AuthorsAreFoundByNameInAnyCase) {
  const Author ada = author_from_full_name("Ada King Lovelace");
  store_->put_author(ada);
  store_->put_author(author_from_full_name("Charles Babbage"));
  EXPECT_EQ(store_->find_author("ada king LOVELACE"), ada);
  EXPECT_FALSE(store_->find_author("Ada"));
  EXPECT_EQ(store_->authors().size(), 2u);
}

TEST_P(DocumentStoreContract, PlatformsAreThoseOfTheNewestVersions) {
  EXPECT_TRUE(store_->platforms().empty());
  const auto put = [&](const std::string& id, const std::string& platform) {
    RawDocument document = example(id, "A note.");
    document.platform = platform;
    store_->put_document(document, item_for(document));
  };
  put("d1", "medium");
  put("d2", "files");
  put("d3", "files");
  put("d4", "");
  EXPECT_EQ(store_->platforms(), (std::vector<std::string>{"files", "medium"}));
  put("d1", "haacked.com");
  EXPECT_EQ(store_->platforms(), (std::vector<std::string>{"files", "haacked.com"}));
}

TEST_P(DocumentStoreContract, FeaturesReplaceThoseBefore) {
  const RawDocument document = example("d1", "The analytical engine weaves. Menu | Home");
  store_->put_document(document, item_for(document));
  store_->put_features(features_for(document, 1, "k1"));
  Features second = features_for(document, 1, "k2");
  second.chunks[0].text = "Something else entirely";
  store_->put_features(second);
  reopen();
  const auto found = store_->features("d1");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->key, "k2");
  EXPECT_EQ(found->clean.spans, second.clean.spans);
  EXPECT_EQ(found->clean.private_spans, second.clean.private_spans);
  EXPECT_EQ(found->clean.duplicate_of, second.clean.duplicate_of);
  EXPECT_EQ(found->chunks[0].heading_path, second.chunks[0].heading_path);
  EXPECT_EQ(found->facts, second.facts);
  EXPECT_EQ(store_->chunk_count(), 1u);
  EXPECT_EQ(store_->documents()[0].features_key, "k2");
  EXPECT_TRUE(store_->search_chunks({.terms = {"analytical"}}).empty()) << "no longer indexed";
  EXPECT_EQ(store_->search_chunks({.terms = {"entirely"}}).size(), 1u);
}

TEST_P(DocumentStoreContract, FeaturesWithoutChunksComeInTheOrderAskedFor) {
  for (const char* id : {"d1", "d2", "d3"}) {
    const RawDocument document = example(id, "The analytical engine weaves.");
    store_->put_document(document, item_for(document));
  }
  store_->put_features(features_for(example("d1", "The analytical engine weaves."), 1, "k1"));
  store_->put_features(features_for(example("d3", "The analytical engine weaves."), 1, "k3"));
  EXPECT_TRUE(store_->features_without_chunks({}).empty());
  const auto found = store_->features_without_chunks({"d3", "absent", "d2", "d1"});
  ASSERT_EQ(found.size(), 4u);
  EXPECT_FALSE(found[1]);
  EXPECT_FALSE(found[2]);
  ASSERT_TRUE(found[0] && found[3]);
  EXPECT_EQ(found[0]->key, "k3");
  EXPECT_EQ(found[3]->key, "k1");
  const Features whole = *store_->features("d1");
  EXPECT_EQ(found[3]->clean.document_id, "d1");
  EXPECT_EQ(found[3]->clean.version, 1);
  EXPECT_EQ(found[3]->clean.spans, whole.clean.spans);
  EXPECT_EQ(found[3]->clean.private_spans, whole.clean.private_spans);
  EXPECT_EQ(found[3]->clean.duplicate_of, whole.clean.duplicate_of);
  EXPECT_EQ(found[3]->facts, whole.facts);
  EXPECT_TRUE(found[3]->chunks.empty());
}

TEST_P(DocumentStoreContract, SearchRanksFiltersAndTakesWordsNotSyntax) {
  const auto add = [&](const std::string& id, const std::string& author, const std::string& text) {
    RawDocument document = example(id, text + text);
    document.author_id = author;
    store_->put_document(document, item_for(document));
    store_->put_features(features_for(document, 1, "k"));
  };
  add("d1", "a1", "looms and looms and looms, nothing but looms");
  add("d2", "a1", "one loom among very many other words that say something different");
  add("d3", "a2", "gardens \"AND\" water* NEAR(mills)");
  const auto found = store_->search_chunks({.terms = {"loom", "absent"}});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].chunk.document_id, "d1") << "more of the word in less text";
  EXPECT_GT(found[0].score, found[1].score);
  EXPECT_EQ(found[0].link, "/notes/d1.md");
  EXPECT_EQ(store_->search_chunks({.terms = {"loom"}, .k = 1}).size(), 1u);
  EXPECT_EQ(store_->search_chunks({.terms = {"loom"}, .filter = {.author_id = "a2"}}).size(), 0u);
  const ChunkQuery only{.terms = {"loom"}, .filter = {.document_ids = {"d2", "d9"}}};
  ASSERT_EQ(store_->search_chunks(only).size(), 1u);
  EXPECT_EQ(store_->search_chunks({.terms = {"wheels"}}).size(), 3u) << "headings are searched";
  for (const char* term : {"\"", "AND", "NEAR(", "water*", "text:", "-", "'; DROP TABLE chunks"}) {
    EXPECT_NO_THROW(store_->search_chunks({.terms = {term}})) << term;
  }
  EXPECT_TRUE(store_->search_chunks({.terms = {}}).empty());
}

TEST_P(DocumentStoreContract, TwoConnectionsSeeOneAnothersWork) {
  const auto other = GetParam().open(path());
  std::vector<std::thread> writers;
  for (DocumentStore* store : {store_.get(), other.get()}) {
    writers.emplace_back([store] {
      for (int i = 0; i < 20; ++i) {
        const RawDocument document = example(fmt::format("{}-{}", fmt::ptr(store), i), "text");
        store->put_document(document, item_for(document));
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(store_->documents().size(), 40u);
  EXPECT_EQ(other->documents().size(), 40u);
}

TEST_P(DocumentStoreContract, KilledWriterLeavesOnlyWholeDocuments) {
  store_.reset();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto store = GetParam().open(path());
    for (int i = 0;; ++i) {
      const RawDocument document =
          example(fmt::format("d{}", i), std::string(50'000, static_cast<char>('a' + i % 26)));
      store->put_document(document, item_for(document));
    }
  }
  std::this_thread::sleep_for(GetParam().until_it_works);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  reopen();
  // A server may still be at the last thing that the killed one asked for.
  auto documents = store_->documents();
  for (size_t before = documents.size() + 1; before != documents.size();) {
    before = documents.size();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    documents = store_->documents();
  }
  EXPECT_GT(documents.size(), 0u);
  for (const DocumentSummary& summary : documents) {
    const auto document = store_->document(summary.id);
    EXPECT_EQ(sha256(document->raw), document->content_hash);
    EXPECT_EQ(store_->item(document->link)->state, "new");
  }
  EXPECT_EQ(store_->items().size(), documents.size());
}

TEST_P(DocumentStoreContract, CategoryAndAuthorSelect) {
  RawDocument document = example("d1", "one");
  document.category = Category::kPosts;
  store_->put_document(document, item_for(document));
  RawDocument other = example("d2", "two");
  other.author_id = "a2";
  store_->put_document(other, item_for(other));
  EXPECT_EQ(store_->documents().size(), 2u);
  ASSERT_EQ(store_->documents({{}, Category::kPosts}).size(), 1u);
  EXPECT_EQ(store_->documents({{}, Category::kPosts})[0].id, "d1");
  ASSERT_EQ(store_->documents({"a2", {}}).size(), 1u);
  EXPECT_EQ(store_->documents({"a2", {}})[0].raw_bytes, 3u);
  // It was an article all along.
  document.category = Category::kArticles;
  EXPECT_EQ(store_->put_document(document, item_for(document)), PutResult::kNewVersion);
  EXPECT_TRUE(store_->documents({{}, Category::kPosts}).empty());
  EXPECT_EQ(store_->documents().size(), 2u);
  EXPECT_EQ(store_->document("d1")->category, Category::kArticles);
  EXPECT_EQ(store_->document("d1", 1)->category, Category::kPosts);
  reopen();
  EXPECT_EQ(store_->document("d1")->version, 2);
  document.category = Category::kPosts;
  EXPECT_EQ(store_->put_document(document, item_for(document)), PutResult::kNewVersion);
  EXPECT_EQ(store_->document("d1")->category, Category::kPosts);
}

TEST_P(DocumentStoreContract, LongBytesAreKept) {
  RawDocument document = example("d1", "");
  document.extractor = "pdf/1";
  for (size_t i = 0; document.raw.size() < (size_t{20} << 20); ++i)
    document.raw += sha256(fmt::to_string(i));
  document.verbatim = "\xe2\x82\xac" + document.raw.substr(0, size_t{5} << 20);
  document.content_hash = sha256(document.raw);
  EXPECT_EQ(store_->put_document(document, item_for(document)), PutResult::kNew);
  RawDocument second = document;
  second.title = "Another";
  EXPECT_EQ(store_->put_document(second, item_for(second)), PutResult::kNewVersion);
  Features features = features_for(second, 2, "k");
  features.chunks[0].text = second.verbatim;
  features.chunks[0].range = {0, second.verbatim.size()};
  for (size_t i = 1; i < 3; ++i) {
    features.chunks.push_back(features.chunks[0]);
    features.chunks[i].ordinal = i;
    features.chunks[i].id = fmt::format("d1:{}", i);
  }
  store_->put_features(features);
  reopen();
  const auto newest = store_->document("d1"), first = store_->document("d1", 1);
  ASSERT_TRUE(newest && first);
  EXPECT_EQ(newest->title, second.title);
  EXPECT_TRUE(newest->raw == document.raw);
  EXPECT_TRUE(same_state(*newest, second));
  EXPECT_TRUE(first->raw == document.raw);
  ASSERT_EQ(store_->documents().size(), 1u);
  EXPECT_EQ(store_->documents()[0].raw_bytes, document.raw.size());
  const auto found = store_->features("d1");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->chunks.size(), 3u);
  EXPECT_EQ(found->chunks[2].text, second.verbatim);
  const auto without = store_->features_without_chunks({"d1"});
  ASSERT_TRUE(without[0]);
  EXPECT_EQ(without[0]->facts, found->facts);
  EXPECT_TRUE(without[0]->chunks.empty());
}

TEST_P(DocumentStoreContract, BytesThatAreNoTextAreKeptEverywhere) {
  RawDocument document = example("d\xff", "plain");
  document.title = std::string("a\0b", 3);
  document.link = "/notes/na\xefve.md";
  store_->put_document(document, item_for(document));
  reopen();
  EXPECT_TRUE(same_state(*store_->document("d\xff"), document));
  ASSERT_EQ(store_->items().size(), 1u);
  EXPECT_EQ(store_->items()[0].source, document.link);
  EXPECT_EQ(store_->item(document.link)->state, "new");
  EXPECT_EQ(store_->documents()[0].link, document.link);
}

TEST_P(DocumentStoreContract, TwoConnectionsOfOneDocumentLoseNoVersion) {
  const auto other = GetParam().open(path());
  std::vector<std::thread> writers;
  for (DocumentStore* store : {store_.get(), other.get()}) {
    writers.emplace_back([store] {
      for (int i = 0; i < 10; ++i) {
        const RawDocument document = example("d1", fmt::format("{} {}", fmt::ptr(store), i));
        EXPECT_NE(store->put_document(document, item_for(document)), PutResult::kUnchanged);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  ASSERT_EQ(store_->versions("d1").size(), 20u);
  std::set<std::string> texts;
  for (const int version : other->versions("d1")) texts.insert(other->document("d1", version)->raw);
  EXPECT_EQ(texts.size(), 20u);
}

TEST_P(DocumentStoreContract, FeaturesOfOneConnectionAreFoundByTheOther) {
  const auto other = GetParam().open(path());
  const RawDocument document = example("d1", "The analytical engine weaves. Menu | Home");
  store_->put_document(document, item_for(document));
  EXPECT_EQ(other->chunk_count(), 0u);
  store_->put_features(features_for(document, 1, "k1"));
  EXPECT_EQ(other->chunk_count(), 1u);
  ASSERT_TRUE(other->passage("d1:0"));
  EXPECT_EQ(other->passage("d1:0")->author_full_name, "Ada Lovelace");
  EXPECT_FALSE(other->passage("d1:1"));
  ASSERT_EQ(other->search_chunks({.terms = {"engine"}, .filter = {.tags = {"one"}}}).size(), 1u);
  Features second = features_for(document, 1, "k2");
  second.chunks[0].text = "looms";
  other->put_features(second);
  EXPECT_TRUE(store_->search_chunks({.terms = {"analytical"}}).empty());
  EXPECT_EQ(store_->search_chunks({.terms = {"looms"}}).size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, DocumentStoreContract,
                         ::testing::Values(Backend{"SQLite", open_sqlite_document_store,
                                                   [](const std::string&) {},
                                                   [] { return true; }}));
INSTANTIATE_TEST_SUITE_P(MongoDb, DocumentStoreContract,
                         ::testing::Values(Backend{"MongoDB", open_test_mongodb,
                                                   forget_test_mongodb, has_test_mongodb,
                                                   std::chrono::seconds(3)}));

TEST(SqliteDocumentStore, WhatIsNoStoreIsRefused) {
  const fs::path file =
      fs::path(::testing::TempDir()) / fmt::format("twin_not_a_store_{}.db", ::getpid());
  write_file_atomic(file, std::string(5000, 'x'));
  try {
    open_sqlite_document_store(file.string());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput) << error.what();
  }
  fs::remove(file);
  EXPECT_THROW(open_sqlite_document_store("/nonexistent/folder/twin.db"), Error);
}

}  // namespace
}  // namespace twin
