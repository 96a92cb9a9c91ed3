#pragma once

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/hashing.h"
#include "base/json.h"
#include "domain/document.h"
#include "features/clean.h"
#include "text/test_texts.h"

// Documents that the tests of this room are run on. Included by tests alone.
namespace twin::test {

constexpr std::string_view kWarehouseArticle = "application/vnd.llm-twin.article+json";

inline RawDocument document_of(std::string_view verbatim,
                               std::string_view media_type = "text/markdown") {
  RawDocument document;
  document.author_full_name = "Ada Lovelace";
  document.author_id = "ada";
  document.platform = "notes.example.org";
  document.title = "A title";
  document.media_type = media_type;
  document.verbatim = document.raw = verbatim;
  document.content_hash = sha256(document.raw);
  document.link = document.id = uuid_from_name(verbatim);
  document.version = 1;
  return document;
}

// The 76 articles of the reference system's warehouse; none where the shared data is absent.
inline std::vector<RawDocument> handbook_documents() {
  std::vector<RawDocument> documents;
  const auto file = kSharedData / "handbook/ArticleDocument.json";
  if (!std::filesystem::exists(file)) return documents;
  for (const Json& element : parse_json(read_file(file), "handbook")) {
    const Json& content = element["content"];
    RawDocument document = document_of(content["Content"].get<std::string>(), kWarehouseArticle);
    document.link = document.id = element["_id"];
    document.author_id = element["author_id"];
    document.author_full_name = element["author_full_name"];
    document.platform = element["platform"];
    document.title = content["Title"];
    documents.push_back(std::move(document));
  }
  return documents;
}

// Every `step`-th file of the shared authors' folders, read as Markdown.
inline std::vector<RawDocument> author_documents(size_t step = 1) {
  std::vector<RawDocument> documents;
  const std::vector<std::filesystem::path> paths = shared_documents();
  for (size_t i = 0; i < paths.size(); i += step) {
    RawDocument document = document_of(read_file(paths[i]));
    document.link = paths[i].string();
    document.author_id = document.author_full_name =
        paths[i].lexically_relative(kSharedData / "authors").begin()->string();
    documents.push_back(std::move(document));
  }
  return documents;
}

// What is known of each author's repetitions, as update_features finds it.
inline std::map<std::string, RepeatedBlocks> repetitions(
    const std::vector<RawDocument>& documents) {
  std::map<std::string, std::vector<std::vector<std::string>>> hashes;
  for (const RawDocument& document : documents) {
    hashes[document.author_id].push_back(block_hashes(document.verbatim));
  }
  std::map<std::string, RepeatedBlocks> repeated;
  for (const auto& [author, lists] : hashes) repeated[author] = repeated_blocks(lists);
  return repeated;
}

inline void expect_partition(const CleanDocument& clean, std::string_view verbatim) {
  size_t end = 0;
  for (size_t i = 0; i < clean.spans.size(); ++i) {
    const Span& span = clean.spans[i];
    ASSERT_EQ(span.range.begin, end);
    ASSERT_GT(span.range.end, span.range.begin);
    ASSERT_EQ(span.has_reason(), span.reason != RemovalReason::kNone);
    if (i > 0) {
      ASSERT_TRUE(clean.spans[i - 1].kind != span.kind || clean.spans[i - 1].reason != span.reason)
          << "neighbours are alike";
    }
    end = span.range.end;
  }
  ASSERT_EQ(end, verbatim.size());
}

}  // namespace twin::test
