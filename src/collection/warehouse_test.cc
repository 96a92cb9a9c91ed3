#include "collection/warehouse.h"
#include "stores/documents/warehouse_document.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "collection/files.h"
#include "text/test_texts.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr const char* kArticle =
    R"({"content": {"Title": "On engines", "Subtitle": null, "Content": "Text \u2014 \ud83c\udf38\n", "language": "en"}, )"
    R"("platform": "notes.example.org", "author_id": "a1", "author_full_name": "Ada Lovelace", )"
    R"("link": "https://notes.example.org/1", "_id": "d1"})";

class Warehouse : public ::testing::Test {
 protected:
  Warehouse()
      : folder_(fs::path(::testing::TempDir()) / fmt::format("twin_warehouse_test_{}", getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Warehouse() override { fs::remove_all(folder_); }

  void write(const char* name, std::string_view bytes) { write_file_atomic(folder_ / name, bytes); }
  CollectionReport import() { return import_warehouse(context_, *store_, folder_); }

  using States = std::map<std::string, size_t>;
  fs::path folder_;
  QuietContext context_;
  std::unique_ptr<DocumentStore> store_ = open_sqlite_document_store(":memory:");
};

TEST_F(Warehouse, AnArticleIsReadFieldByField) {
  const RawDocument found = read_warehouse_document(Category::kArticles, kArticle);
  EXPECT_EQ(found.id, "d1");
  EXPECT_EQ(found.raw, kArticle);
  EXPECT_EQ(found.verbatim, "Text — 🌸\n");
  EXPECT_EQ(found.extractor, kWarehouseExtractor);
  EXPECT_EQ(found.title, "On engines");
  EXPECT_EQ(found.subtitle, "");
  EXPECT_EQ(found.language, "en");
  EXPECT_EQ(found.platform, "notes.example.org");
  EXPECT_EQ(found.author_id, "a1");
  EXPECT_EQ(found.author_full_name, "Ada Lovelace");
  EXPECT_EQ(found.link, "https://notes.example.org/1");
  EXPECT_EQ(found.media_type, "application/vnd.llm-twin.article+json");
}

TEST_F(Warehouse, AnAuthorWithoutAnEntryIsMadeFromTheDocument) {
  write("ArticleDocument.json", "[" + std::string(kArticle) + "]");
  import();
  const std::optional<Author> author = store_->find_author("Ada Lovelace");
  ASSERT_TRUE(author.has_value());
  EXPECT_EQ(author->id, "a1");
}

TEST_F(Warehouse, PostsAndRepositoriesGiveAllTheirText) {
  const RawDocument post = read_warehouse_document(
      Category::kPosts, R"({"_id": "p", "author_id": "a", "content": {"post": "Hello"}})");
  EXPECT_EQ(post.verbatim, "Hello");
  EXPECT_EQ(post.link, "p") << "a post may have none";
  const RawDocument repository = read_warehouse_document(
      Category::kRepositories,
      R"({"_id": "r", "author_id": "a", "name": "engine", "content": {"a.py": "x = 1", "b.py": "y = 2", "n": 3}})");
  EXPECT_EQ(repository.verbatim, "## a.py\n\nx = 1\n\n## b.py\n\ny = 2\n");
  EXPECT_EQ(repository.title, "engine");
}

TEST_F(Warehouse, WhatIsNoDocumentSaysWhy) {
  for (const char* element :
       {"1", "[]", "null", "{}", R"({"_id": "x"})",
        R"({"_id": 1, "author_id": "a", "content": {}})", R"({"_id": "x", "author_id": "a"})",
        R"({"_id": "x", "author_id": "a", "content": "text"})",
        R"({"_id": "x", "author_id": "a", "content": {"Content": ""}})",
        R"({"_id": "x", "author_id": "a", "content": {"Content": 5}})", "{", ""}) {
    try {
      read_warehouse_document(Category::kArticles, element);
      FAIL() << element;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput) << element;
    }
  }
}

TEST_F(Warehouse, ListElementsAreTheirBytes) {
  using Elements = std::vector<std::string_view>;
  EXPECT_EQ(list_elements("[]"), Elements{});
  EXPECT_EQ(list_elements(" [ \n ] "), Elements{});
  EXPECT_EQ(list_elements(std::string_view("[1] \0 \"]\", 2]", 12)), Elements{"1"})
      << "the JSON parser ends at a zero byte";
  EXPECT_EQ(list_elements(R"([{"a": [1, 2]}, "x,]\"", [3, {}] ,4])"),
            (Elements{R"({"a": [1, 2]})", R"("x,]\"")", "[3, {}]", "4"}));
  EXPECT_EQ(list_elements("[\n  {\n    \"a\": \"\\\\\"\n  }\n]\n"),
            (Elements{"{\n    \"a\": \"\\\\\"\n  }"}));
}

TEST_F(Warehouse, ElementsThatAreNoDocumentsFailAndTheRestGoesOn) {
  write("ArticleDocument.json", std::string("[1, ") + kArticle + ", {\"_id\": \"x\"}]");
  write(
      "UserDocument.json",
      R"([{"_id": "a1", "first_name": "Ada", "last_name": "Lovelace"}, {"first_name": "No"}, 5])");
  EXPECT_EQ(import().states, (States{{"new", 1}, {"failed", 4}}));
  EXPECT_EQ(store_->item("ArticleDocument.json#0")->reason, "not an object");
  EXPECT_EQ(store_->item("ArticleDocument.json#2")->reason, "'author_id' is missing");
  EXPECT_EQ(store_->item("ArticleDocument.json#d1")->state, "new");
  EXPECT_EQ(store_->authors().size(), 1u);
  EXPECT_EQ(import().states, (States{{"unchanged", 1}, {"failed", 4}}));
}

TEST_F(Warehouse, AChangedElementIsANewVersion) {
  write("ArticleDocument.json", std::string("[") + kArticle + "]");
  import();
  std::string changed = kArticle;
  changed.replace(changed.find("Text"), 4, "Word");
  write("ArticleDocument.json", "[" + changed + "]");
  EXPECT_EQ(import().states, (States{{"new version", 1}}));
  EXPECT_EQ(store_->document("d1")->verbatim, "Word — 🌸\n");
  EXPECT_EQ(store_->document("d1", 1)->raw, kArticle);
}

TEST_F(Warehouse, AFolderWithoutAWarehouseIsAnError) {
  for (const char* name : {"", "missing"}) {
    try {
      import_warehouse(context_, *store_, folder_ / name);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      EXPECT_NE(std::string(error.what()).find("twin collect"), std::string::npos);
    }
  }
}

TEST_F(Warehouse, MalformedFilesAreErrorsThatNameThem) {
  for (const char* json : {"", "{}", "[", "[1,]", "[1] x", "nul", "\"text\"", "[\"\\ud800\"]",
                           "[\"\xff\"]", "[{\"a\": 1}"}) {
    write("PostDocument.json", json);
    try {
      import();
      FAIL() << json;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput) << json;
      EXPECT_NE(std::string(error.what()).find("PostDocument.json"), std::string::npos)
          << error.what();
    }
  }
  write("PostDocument.json", std::string(1000, '['));
  EXPECT_THROW(import(), Error) << "nested too deep";
  EXPECT_TRUE(store_->documents().empty());
}

TEST_F(Warehouse, TheHandbookIsKeptAndWrittenBackByteForByte) {
  const fs::path handbook = test::kSharedData / "handbook";
  if (!fs::exists(handbook)) GTEST_SKIP() << handbook << " is absent";
  EXPECT_EQ(import_warehouse(context_, *store_, handbook).states, (States{{"new", 76}}));
  const std::string bytes = read_file(handbook / "ArticleDocument.json");
  std::string rebuilt;
  for (std::string_view element : list_elements(bytes)) {
    const Json json = parse_json(element, "element");
    const RawDocument found = *store_->document(json["_id"].get<std::string>());
    ASSERT_EQ(found.raw, element);
    ASSERT_EQ(found.verbatim, json["content"]["Content"].get<std::string>());
    rebuilt += (rebuilt.empty() ? "[" : ", ") + found.raw;
  }
  EXPECT_EQ(rebuilt + ']', bytes) << "the elements are all there is";

  const ExportReport report = export_warehouse(*store_, folder_);
  EXPECT_EQ(report.articles, 76u);
  EXPECT_EQ(report.users, 2u);
  const auto exported = parse_json(read_file(folder_ / "ArticleDocument.json"), "export");
  EXPECT_EQ(exported.size(), 76u);
  EXPECT_EQ(import().states, (States{{"unchanged", 76}}))
      << "import, export, import changes nothing";
  EXPECT_EQ(parse_json(read_file(folder_ / "PostDocument.json"), "export"), Json::array());

  const auto other = open_sqlite_document_store(":memory:");
  import_warehouse(context_, *other, folder_);
  ASSERT_EQ(other->documents().size(), 76u);
  for (const DocumentSummary& summary : store_->documents()) {
    ASSERT_EQ(other->document(summary.id)->raw, store_->document(summary.id)->raw);
  }
  EXPECT_EQ(other->authors(), store_->authors());
  const std::string first = read_file(folder_ / "ArticleDocument.json");
  export_warehouse(*other, folder_);
  EXPECT_EQ(read_file(folder_ / "ArticleDocument.json"), first);
}

TEST_F(Warehouse, CollectedDocumentsGetTheReferenceShape) {
  write_file_atomic(folder_ / "texts" / "a.md", "---\ntitle: A \"title\"\n---\nText — 🌸\n");
  collect_files(context_, *store_, author_from_full_name("Ada Lovelace"), {folder_ / "texts"}, {});
  const RawDocument collected = *store_->document(store_->documents().at(0).id);
  EXPECT_EQ(export_warehouse(*store_, folder_).articles, 1u);
  const std::string bytes = read_file(folder_ / "ArticleDocument.json");
  EXPECT_EQ(bytes.find_first_of("\x80\xe2\xf0"), std::string::npos)
      << "ASCII, as json.dump writes it";
  const Json element = parse_json(bytes, "export").at(0);
  EXPECT_EQ(element["_id"], collected.id);
  EXPECT_EQ(element["content"]["Title"], "A \"title\"");
  EXPECT_EQ(element["content"]["Content"], collected.verbatim);
  EXPECT_TRUE(element["content"]["Subtitle"].is_null());
  EXPECT_EQ(element["author_full_name"], "Ada Lovelace");

  const auto other = open_sqlite_document_store(":memory:");
  import_warehouse(context_, *other, folder_);
  EXPECT_EQ(other->document(collected.id)->verbatim, collected.verbatim);
  EXPECT_EQ(other->authors(), store_->authors());
  export_warehouse(*other, folder_);
  EXPECT_EQ(read_file(folder_ / "ArticleDocument.json"), bytes);
}

}  // namespace
}  // namespace twin
