#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/files.h"
#include "collection/archive/test_archive.h"
#include "collection/exports/export_text.h"
#include "collection/exports/exports.h"

// Collects small exports, packed and unpacked, and shows what was kept of them.
namespace twin {

struct Collected {
  std::vector<std::string> documents;  // "LINK | PLATFORM GENRE | DATE | TITLE | TEXT", by link
  std::vector<std::string> items;      // "PATH: STATE: REASON" of those that were not kept
  std::map<std::string, RawDocument> by_link;
  std::map<std::string, size_t> again;  // the states of a second run
  std::vector<MailSource> mail;         // of both runs
  bool taken = false;
};

class ExportTest : public ::testing::Test {
 protected:
  ExportTest()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                fmt::format("twin_export_test_{}", getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~ExportTest() override { std::filesystem::remove_all(folder_); }

  Collected collect_path(const std::filesystem::path& path) {
    QuietContext context;
    const auto store = open_sqlite_document_store(":memory:");
    const Author author = author_from_full_name(author_);
    Collected collected;
    {
      Collector collector(context, *store, author);
      collected.taken = collect_export(collector, path, options_, collected.mail);
    }
    const std::string where = path.string();
    const auto shown = [&](std::string text) { return replace_all(std::move(text), where, "X"); };
    for (const DocumentSummary& summary : store->documents()) {
      RawDocument document = *store->document(summary.id);
      EXPECT_EQ(document.author_full_name, author_);
      EXPECT_FALSE(document.raw.empty());
      collected.documents.push_back(
          shown(fmt::format("{} | {} {} | {} | {} | {}", document.link, document.platform,
                            document.genre, document.date, document.title, document.verbatim)));
      collected.by_link[shown(document.link)] = document;
    }
    std::sort(collected.documents.begin(), collected.documents.end());
    for (const Item& item : store->items()) {
      if (item.state == "new") continue;
      collected.items.push_back(
          shown(fmt::format("{}: {}: {}", item.source, item.state, item.reason)));
    }
    Collector collector(context, *store, author);
    collect_export(collector, path, options_, collected.mail);
    collected.again = collector.report().states;
    EXPECT_EQ(collected.again.count("new") + collected.again.count("new version"), 0U);
    return collected;
  }

  std::filesystem::path write(const std::string& name, std::string_view bytes) {
    write_file_atomic(folder_ / name, bytes);
    return folder_ / name;
  }

  // As it is downloaded and as its folder: both give the same.
  Collected collect(const TestMembers& members) {
    const Collected packed = collect_path(write("export.zip", make_archive(members)));
    for (const auto& [name, bytes] : members) write("export/" + name, bytes);
    const Collected unpacked = collect_path(folder_ / "export");
    EXPECT_EQ(packed.documents, unpacked.documents);
    EXPECT_EQ(packed.items, unpacked.items);
    EXPECT_TRUE(packed.taken && unpacked.taken);
    return packed;
  }

  using Lines = std::vector<std::string>;
  std::filesystem::path folder_;
  std::string author_ = "Ada Lovelace";
  ExportOptions options_;
};

}  // namespace twin
