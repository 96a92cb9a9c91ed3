#include "stores/documents/mongo/stored_document.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hashing.h"
#include "stores/documents/warehouse_document.h"

namespace twin::mongo {
namespace {

// As the reference system's warehouse files have it.
constexpr const char* kElement =
    R"({"content": {"Title": "Caf\u00e9", "Subtitle": null, "Content": "Text.", "language": "en"}, )"
    R"("platform": "medium", "author_id": "eff74089-0271-4319-8543-745c087f4f61", )"
    R"("author_full_name": "Ada Lovelace", "link": "https://example.org/a", )"
    R"("_id": "a964f3ac-e92f-4fcb-847a-a46da3d697d9"})";

std::string no_pieces(const std::string& hash) {
  ADD_FAILURE() << hash;
  return {};
}

// As MongoDB keeps what the reference system inserts: `_id` first.
Bson foreign_document() {
  OrderedJson json = parse_ordered_json(kElement, "test");
  OrderedJson stored = {{"_id", json["_id"]}};
  json.erase("_id");
  stored.update(json);
  return bson_from_json(stored, FieldNames::kAny);
}

TEST(StoredDocument, TheReferencesDocumentIsReadAsItsWarehouseFile) {
  const RawDocument found = read_stored(Category::kArticles, foreign_document().view(), no_pieces);
  const RawDocument imported = read_warehouse_document(Category::kArticles, kElement);
  EXPECT_EQ(found.raw, kElement);
  EXPECT_TRUE(same_state(found, imported));
  EXPECT_EQ(found.version, 1);
}

TEST(StoredDocument, ImportedOnesHaveTheReferencesFieldsAgain) {
  const RawDocument imported = read_warehouse_document(Category::kArticles, kElement);
  StoredMarks marks;
  marks.write = "w";
  const Bson stored = stored_form(imported, marks, FieldNames::kAny);
  EXPECT_TRUE(same_state(read_stored(Category::kArticles, stored.view(), no_pieces), imported));
  OrderedJson json = json_from_bson(stored.view());
  json.erase("twin");
  EXPECT_EQ(json, json_from_bson(foreign_document().view()));
}

TEST(StoredDocument, TheSameTextIsStoredOnce) {
  RawDocument document;
  document.id = "d1";
  document.media_type = "text/markdown";
  document.raw = document.verbatim = std::string(100'000, 'x');
  document.content_hash = sha256(document.raw);
  EXPECT_LT(stored_form(document, {}, FieldNames::kAny).size(), 101'000u);
}

TEST(StoredDocument, TextThatAnotherProgramChangedIsRefused) {
  RawDocument document;
  document.id = "d1";
  document.link = "/a";
  document.media_type = "text/markdown";
  document.raw = document.verbatim = "Text.";
  document.content_hash = sha256(document.raw);
  StoredMarks marks;
  marks.write = "w";
  OrderedJson json = json_from_bson(stored_form(document, marks, FieldNames::kAny).view());
  json["content"]["Content"] = "Tent.";
  try {
    read_stored(Category::kPosts, bson_from_json(json, FieldNames::kAny).view(), no_pieces);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_NE(std::string(error.what()).find("posts 'd1'"), std::string::npos) << error.what();
  }
}

TEST(StoredDocument, WhatIsNoDocumentIsRefused) {
  for (const char* json : {R"({"_id": "a"})", R"({"_id": 1, "content": {"Content": "x"}})",
                           R"({"_id": "a", "author_id": "b", "content": "x"})"}) {
    const Bson bson = bson_from_json(parse_ordered_json(json, "test"), FieldNames::kAny);
    EXPECT_THROW(read_stored(Category::kArticles, bson.view(), no_pieces), Error) << json;
  }
}

}  // namespace
}  // namespace twin::mongo
