#include "stores/copy_documents.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "base/hashing.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

RawDocument document_of(const Author& author, int number, const std::string& text) {
  RawDocument document;
  document.id = uuid_from_name(std::to_string(number));
  document.author_id = author.id;
  document.author_full_name = author.full_name();
  document.link = "/notes/" + std::to_string(number);
  document.media_type = "text/plain";
  document.raw = document.verbatim = text;
  document.content_hash = sha256(text);
  return document;
}

class CopyDocuments : public testing::Test {
 protected:
  CopyDocuments() { fs::create_directories(root_); }
  ~CopyDocuments() override { fs::remove_all(root_); }

  const fs::path root_ = neighbour_of(fs::temp_directory_path() / "twin_copy");
  QuietContext context_;
  const Author author_ = author_from_full_name("Ada Lovelace");
};

TEST_F(CopyDocuments, BringsAllVersionsAndGoesOnWhereItWas) {
  const auto from = open_sqlite_document_store((root_ / "from.db").string());
  const auto to = open_sqlite_document_store((root_ / "to.db").string());
  from->put_author(author_);
  for (int i = 0; i < 20; ++i) {
    for (int version = 1; version <= 1 + i % 3; ++version) {
      const std::string text = "text " + std::to_string(i) + " version " + std::to_string(version);
      const RawDocument document = document_of(author_, i, text);
      from->put_document(document, {document.link, "", "", "", "2024-01-01T00:00:00Z"});
      if (i % 2 == 0) {
        Features features;
        features.key = text;
        features.clean = {document.id, version, {{{0, text.size()}}}};
        Chunk chunk;
        chunk.id = document.id + ":0";
        chunk.document_id = document.id;
        chunk.version = version;
        chunk.range = {0, text.size()};
        chunk.text = text;
        features.chunks = {chunk};
        from->put_features(features);
      }
    }
  }
  // As a copy that was cut short would have left it.
  const RawDocument first = *from->document(uuid_from_name("2"), 1);
  to->put_document(first, {first.link, "", "", "", ""});

  const DocumentCopy copy = copy_documents(context_, *from, *to);
  EXPECT_EQ(copy.documents, 20u);
  EXPECT_EQ(copy.copied, 20u);
  EXPECT_EQ(to->authors(), from->authors());
  EXPECT_EQ(to->chunk_count(), from->chunk_count());
  EXPECT_EQ(to->items().size(), from->items().size());
  for (const DocumentSummary& summary : from->documents()) {
    EXPECT_EQ(to->versions(summary.id), from->versions(summary.id));
    for (const int version : from->versions(summary.id)) {
      EXPECT_EQ(to->document(summary.id, version)->raw, from->document(summary.id, version)->raw);
    }
  }
  const DocumentCopy again = copy_documents(context_, *from, *to);
  EXPECT_EQ(again.copied, 0u);
  EXPECT_EQ(again.versions, 0u);
}

TEST_F(CopyDocuments, NoVersionAndNoFieldIsTakenForThere) {
  const auto from = open_sqlite_document_store((root_ / "from.db").string());
  const auto to = open_sqlite_document_store((root_ / "to.db").string());
  const auto put = [](DocumentStore& store, const RawDocument& document) {
    store.put_document(document, {document.link, "", "", "", "2024-01-01T00:00:00Z"});
  };
  // Taken back to its first state: a copy cut short behind that has the newest text already.
  for (const char* text : {"one", "two", "one"}) put(*from, document_of(author_, 1, text));
  put(*to, document_of(author_, 1, "one"));
  // The same text, said to be from elsewhere.
  RawDocument moved = document_of(author_, 2, "text");
  put(*to, moved);
  moved.platform = "medium";
  put(*from, moved);
  // Two ways from one beginning: the source's state comes last, nothing is lost.
  for (const char* text : {"a", "b"}) put(*from, document_of(author_, 3, text));
  for (const char* text : {"a", "c", "d"}) put(*to, document_of(author_, 3, text));
  // As many versions, the newest the same, but not the first.
  for (const char* text : {"x", "b"}) put(*from, document_of(author_, 4, text));
  for (const char* text : {"a", "b"}) put(*to, document_of(author_, 4, text));
  EXPECT_EQ(copy_documents(context_, *from, *to).copied, 4u);
  EXPECT_EQ(to->versions(uuid_from_name("1")).size(), 3u);
  EXPECT_EQ(to->document(uuid_from_name("1"), 2)->raw, "two");
  EXPECT_EQ(to->document(uuid_from_name("2"))->platform, "medium");
  EXPECT_EQ(to->document(uuid_from_name("3"))->raw, "b");
  EXPECT_EQ(to->document(uuid_from_name("3"), 3)->raw, "d");
  EXPECT_EQ(to->document(uuid_from_name("4"), 3)->raw, "x");
  EXPECT_EQ(to->document(uuid_from_name("4"))->raw, "b");
  EXPECT_EQ(copy_documents(context_, *from, *to).copied, 0u);
}

}  // namespace
}  // namespace twin
