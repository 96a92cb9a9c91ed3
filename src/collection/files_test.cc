#include "collection/files.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>

#include "base/error.h"
#include "base/files.h"
#include "collection/archive/test_archive.h"
#include "collection/no_writing.h"
#include "text/article/article.h"
#include "text/html.h"
#include "text/test_texts.h"
#include "text/unicode.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

class CollectFiles : public ::testing::Test {
 protected:
  CollectFiles()
      : folder_(fs::path(::testing::TempDir()) /
                fmt::format("twin_collect_files_test_{}", getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~CollectFiles() override { fs::remove_all(folder_); }

  fs::path write(const fs::path& name, std::string_view bytes) {
    write_file_atomic(folder_ / name, bytes);
    return folder_ / name;
  }
  CollectionReport collect(const std::vector<fs::path>& paths, FileOptions options = {}) {
    return collect_files(context_, *store_, author_, paths, options);
  }
  CollectionReport collect() { return collect({folder_}); }
  // The one document that came from the file; empty if none did.
  RawDocument document(const fs::path& name) {
    const auto item = store_->item((folder_ / name).string());
    if (!item || item->document_id.empty()) return {};
    return *store_->document(item->document_id);
  }
  std::string state(const fs::path& name) {
    const auto item = store_->item((folder_ / name).string());
    return item ? item->state + ": " + item->reason : "no item";
  }

  using States = std::map<std::string, size_t>;
  fs::path folder_;
  QuietContext context_;
  Author author_ = author_from_full_name("Ada Lovelace");
  std::unique_ptr<DocumentStore> store_ = open_sqlite_document_store(":memory:");
};

TEST_F(CollectFiles, MarkdownKeepsItsBytesAndGivesItsFacts) {
  const std::string bytes =
      "---\ntitle: \"On: engines\"\ndate: 1843-07-31\ntags: [a, b]\n---\r\n# Text — 🌸\n";
  write("notes/one.md", bytes);
  EXPECT_EQ(collect().states, (States{{"new", 1}}));
  const RawDocument found = document("notes/one.md");
  EXPECT_EQ(found.raw, bytes);
  EXPECT_EQ(found.verbatim, bytes);
  EXPECT_EQ(found.extractor, "");
  EXPECT_EQ(found.media_type, "text/markdown");
  EXPECT_EQ(found.title, "On: engines");
  EXPECT_EQ(found.date, "1843-07-31");
  EXPECT_EQ(found.tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(found.author_id, author_.id);
  EXPECT_EQ(found.author_full_name, "Ada Lovelace");
  EXPECT_EQ(found.link, (folder_ / "notes/one.md").string());
  EXPECT_EQ(found.platform, "files");
  EXPECT_EQ(store_->authors(), std::vector<Author>{author_});
}

TEST_F(CollectFiles, TitleAndDateComeFromHeadingOrName) {
  write("2012-11-26-condorcet_paradox.markdown", "Text first.\n\n# A later heading\n");
  write("headed.mdown", "\n## The *title*\n\nText.\n");
  write("Plain-Name.TXT", "Text\n");
  collect();
  EXPECT_EQ(document("2012-11-26-condorcet_paradox.markdown").title, "condorcet paradox");
  EXPECT_EQ(document("2012-11-26-condorcet_paradox.markdown").date, "2012-11-26");
  EXPECT_EQ(document("headed.mdown").title, "The title");
  EXPECT_EQ(document("Plain-Name.TXT").title, "Plain Name");
  EXPECT_EQ(document("Plain-Name.TXT").media_type, "text/plain");
}

TEST_F(CollectFiles, HtmlIsReadAndItsBytesKept) {
  const std::string html = "<html lang=en><title>T</title><p>A <b>b</b> &amp; c";
  const std::string xhtml =
      "<?xml version=\"1.0\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" "
      "xml:lang=\"de\"><head><title>X"
      "</title></head><body><p>Ä</p><hr/><p>Ö</p></body></html>";
  write("a.html", html);
  write("b.HTM", html);
  write("c.xhtml", xhtml);
  EXPECT_EQ(collect().states, (States{{"new", 3}}));
  EXPECT_EQ(document("a.html").raw, html);
  EXPECT_EQ(document("a.html").verbatim, "A **b** & c\n");
  EXPECT_EQ(document("a.html").extractor, kHtmlExtractor);
  EXPECT_EQ(document("a.html").media_type, "text/html");
  EXPECT_EQ(document("a.html").title, "T");
  EXPECT_EQ(document("a.html").language, "en");
  EXPECT_EQ(document("b.HTM").verbatim, "A **b** & c\n");
  EXPECT_EQ(document("c.xhtml").raw, xhtml);
  EXPECT_EQ(document("c.xhtml").verbatim, "Ä\n\n* * *\n\nÖ\n");
  EXPECT_EQ(document("c.xhtml").language, "de");
}

TEST_F(CollectFiles, OfAWebPageTheArticleIsKept) {
  std::string story;
  for (int i = 0; i < 4; ++i) {
    story +=
        "<p>The anchor stood in the yard for years, and nobody in the village, not even the "
        "smith, could say who had left it there, or why, or what it had been before.</p>";
  }
  write("a.html", "<html lang=en><title>The yard</title><nav><a href=/>Home</a></nav><article>" +
                      story +
                      "</article><footer><p>All rights reserved, by the yard.</p></footer>");
  EXPECT_EQ(collect().states, (States{{"new", 1}}));
  EXPECT_EQ(document("a.html").extractor, kArticleExtractor);
  EXPECT_TRUE(document("a.html").verbatim.starts_with("The anchor stood"));
  EXPECT_EQ(document("a.html").verbatim.find("rights"), std::string::npos);
}

TEST_F(CollectFiles, WhatABooksPublisherWroteIsSkipped) {
  const std::string head =
      "<html xmlns:epub='http://www.idpf.org/2007/ops'><title>T</title><body><section epub:type='";
  write("colophon.xhtml", head + "colophon'><p>This ebook was produced by volunteers.</p>");
  write("chapter.xhtml", head + "chapter'><h2>One</h2><p>What the author wrote.</p>");
  collect();
  EXPECT_EQ(state("colophon.xhtml"), "skipped: an e-book's colophon, which its publisher wrote");
  EXPECT_EQ(document("chapter.xhtml").verbatim, "## One\n\nWhat the author wrote.\n");
}

TEST_F(CollectFiles, ASecondRunFindsAllUnchanged) {
  write("a.md", "One.\n");
  write("b.html", "<p>Two.");
  write("c.txt", "Three.");
  collect();
  EXPECT_EQ(collect().states, (States{{"unchanged", 3}}));
  EXPECT_EQ(collect({folder_ / "a.md", folder_, folder_ / "." / "a.md"}).states,
            (States{{"unchanged", 3}}))
      << "a file named twice is one item";
  EXPECT_EQ(store_->documents().size(), 3u);
}

TEST_F(CollectFiles, AChangedFileIsANewVersionAndTheOldOneStays) {
  write("a.md", "Old.\n");
  write("b.md", "Other.\n");
  collect();
  write("a.md", "New.\n");
  EXPECT_EQ(collect().states, (States{{"new version", 1}, {"unchanged", 1}}));
  const RawDocument newest = document("a.md");
  EXPECT_EQ(newest.version, 2);
  EXPECT_EQ(newest.raw, "New.\n");
  EXPECT_EQ(store_->document(newest.id, 1)->raw, "Old.\n");
}

TEST_F(CollectFiles, WhatIsNoDocumentHasItsStateAndReasonAndTheRestGoesOn) {
  write("bad.md", "fine until h\xe9re\n");
  write("binary.txt", std::string_view("a\0b", 3));
  write("code.cc", "int main() {}\n");
  write("empty.md", "");
  write("good.md", "Good.\n");
  write("long.md", "Longer than the limit.\n");
  write("hollow.html", "<html><script>x</script>");
  write("deep.html", [] {
    std::string deep;
    for (int i = 0; i < 5000; ++i) deep += "<b>";
    return deep;
  }());
  write(".git/config.md", "x");
  write(".hidden.md", "x");
  fs::create_symlink(folder_ / "nowhere", folder_ / "dangling.md");
  fs::create_symlink(folder_ / "self.md", folder_ / "self.md");
  ASSERT_EQ(mkfifo((folder_ / "pipe.md").c_str(), 0600), 0);
  FileOptions options;
  options.max_file_bytes = 20'000;
  write("long.md", std::string(20'001, 'x'));
  EXPECT_EQ(collect({folder_}, options).states,
            (States{{"new", 1}, {"skipped", 10}, {"failed", 2}}));
  EXPECT_EQ(state("good.md"), "new: ");
  EXPECT_EQ(state("bad.md"), "failed: not UTF-8 at byte 12; convert it, for example with iconv");
  EXPECT_EQ(state("binary.txt"), "skipped: binary: holds zero bytes");
  EXPECT_EQ(state("code.cc"), "skipped: not a kind of text that is collected");
  EXPECT_EQ(state("empty.md"), "skipped: empty");
  EXPECT_EQ(state("hollow.html"), "skipped: a page without text");
  EXPECT_EQ(state("long.md"),
            "skipped: 20.0 kB, more than the limit of 20.0 kB (collect.max_file_bytes)");
  EXPECT_EQ(state(".git"), "skipped: a Git repository's history: `twin collect --git` reads it");
  EXPECT_EQ(state(".git/config.md"), "no item");
  EXPECT_EQ(state(".hidden.md"), "skipped: hidden file");
  EXPECT_EQ(state("dangling.md"), "skipped: not a regular file");
  EXPECT_EQ(state("self.md"), "skipped: not a regular file");
  EXPECT_EQ(state("pipe.md"), "skipped: not a regular file");
  EXPECT_TRUE(state("deep.html").starts_with("failed: HTML whose elements nest"))
      << state("deep.html");
  EXPECT_EQ(store_->documents().size(), 1u);
}

TEST_F(CollectFiles, AFolderReachedTwiceIsVisitedOnce) {
  write("a/one.md", "One.\n");
  fs::create_directory_symlink(folder_, folder_ / "a" / "up");
  fs::create_directory_symlink(folder_ / "a", folder_ / "b");
  const CollectionReport report = collect();
  EXPECT_EQ(report.states, (States{{"new", 1}, {"skipped", 2}}));
  EXPECT_TRUE(state("a/up").starts_with("skipped: a link to a folder")) << state("a/up");
}

TEST_F(CollectFiles, WhatMayNotBeReadFailsAndTheRestGoesOn) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  write("a.md", "One.\n");
  write("locked.md", "x");
  write("folder/x.md", "x");
  fs::permissions(folder_ / "locked.md", fs::perms::none);
  fs::permissions(folder_ / "folder", fs::perms::none);
  EXPECT_EQ(collect().states, (States{{"new", 1}, {"failed", 2}}));
  fs::permissions(folder_ / "folder", fs::perms::owner_all);
}

TEST_F(CollectFiles, AMissingPathIsAUsageError) {
  write("a.md", "One.\n");
  fs::create_symlink(folder_ / "self.md", folder_ / "self.md");
  for (const char* name : {"missing.md", "self.md", "a.md/below"}) {
    try {
      collect({folder_ / name});
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos);
    }
  }
}

TEST_F(CollectFiles, AnInterruptionStopsBetweenFiles) {
  write("a.md", "One.\n");
  const std::atomic<bool> interrupted = true;
  Context& quiet = context_.context();
  Context context{quiet.threads, quiet.log, quiet.progress, quiet.clock, interrupted};
  EXPECT_THROW(collect_files(context, *store_, author_, {folder_}, {}), Error);
  EXPECT_TRUE(store_->documents().empty());
  EXPECT_EQ(collect().states, (States{{"new", 1}}));
}

TEST_F(CollectFiles, NamesOfAnyBytesAndSameFilesOfTwoAuthorsAreApart) {
  write("na\xefve \"x\" — \n.md", "One.\n");
  collect();
  const Author other = author_from_full_name("Charles Babbage");
  EXPECT_EQ(collect_files(context_, *store_, other, {folder_}, {}).states, (States{{"new", 1}}));
  EXPECT_EQ(store_->documents().size(), 2u);
}

// The whole promise of collection, on everything there is.
TEST_F(CollectFiles, EverySharedFileIsKeptByteForByte) {
  auto paths = test::shared_documents();
  if (paths.empty()) GTEST_SKIP() << "no shared data";
  // Not a page of the Jekyll site it lies in.
  std::erase(paths, test::kSharedData / "authors" / "haack" / "SOURCE.txt");
  collect({test::kSharedData / "authors"});
  size_t not_the_authors = 0;  // of a publisher or a licence
  for (const fs::path& path : paths) {
    const auto item = store_->item(fs::absolute(path).lexically_normal().string());
    ASSERT_TRUE(item) << path;
    if (item->reason.starts_with("an e-book's ") || item->reason == kLicenceReason ||
        item->reason == kSourceNoteReason) {
      ++not_the_authors;
      continue;
    }
    ASSERT_EQ(item->state, "new") << path << ": " << item->reason;
    const RawDocument found = *store_->document(item->document_id);
    const std::string bytes = read_file(path);
    ASSERT_EQ(found.raw, bytes) << path;
    if (path.extension() == ".xhtml") {
      ASSERT_EQ(found.extractor, kHtmlExtractor);
      ASSERT_TRUE(is_valid_utf8(found.verbatim)) << path;
    } else {
      ASSERT_EQ(found.verbatim, bytes) << path;
    }
  }
  EXPECT_EQ(store_->documents().size(), paths.size() - not_the_authors);
  const CollectionReport again = collect({test::kSharedData / "authors"});
  EXPECT_EQ(again.states.at("unchanged"), paths.size() - not_the_authors);
  EXPECT_EQ(again.states.count("new") + again.states.count("new version"), 0u);
}

TEST_F(CollectFiles, LicencesAndNotesOfSourcesInAFolderAreNoWriting) {
  const std::string note = "One essay of example.org/ada, commit 7e3d92, CC0.\n";
  write("LICENSE.md", "MIT\n");
  write("NOTICE.txt", "Copyright Engines Ltd.\n");
  write("SOURCE.txt", note);
  write("source.md", "# The source\n\nThe river begins here.\n");
  write("one.md", "# One\n");
  EXPECT_EQ(collect({folder_}).states, (States{{"new", 2}, {"skipped", 3}}));
  EXPECT_EQ(state("LICENSE.md"), "skipped: a licence, notice or code of conduct");
  EXPECT_EQ(state("NOTICE.txt"), "skipped: a licence, notice or code of conduct");
  EXPECT_EQ(state("SOURCE.txt"), "skipped: says where the texts beside it are from");
  EXPECT_EQ(document("source.md").title, "The source");
  EXPECT_EQ(collect({folder_ / "SOURCE.txt"}).states, (States{{"new", 1}})) << "it was asked for";
}

TEST_F(CollectFiles, ArchivesAndChatsInAFolderAreReadAsSuch) {
  write("a/texts.zip", make_archive({{"one.md", "# One\n"},
                                     {"x/LICENSE.md", "MIT\n"},
                                     {"x/SOURCE.txt", "From https://example.org.\n"},
                                     {"../two.md", "evil\n"}}));
  write("b/WhatsApp Chat with Bob.txt",
        "20/06/2021, 14:30 - Bob: his words\n20/06/2021, 14:31 - countess: hers\n");
  write("c/photos.zip", make_archive({{"one.jpg", "x"}}));
  FileOptions options;
  options.own_names = {"Countess"};
  EXPECT_EQ(collect({folder_}, options).states,
            (States{{"failed", 1}, {"new", 2}, {"skipped", 3}}));
  EXPECT_EQ(document("a/texts.zip/one.md").title, "One");
  EXPECT_EQ(state("a/texts.zip/../two.md"), "failed: its path leads out of the archive");
  EXPECT_EQ(document("b/WhatsApp Chat with Bob.txt#Bob/2021-06-20").verbatim, "hers");
  EXPECT_EQ(state("c/photos.zip"),
            "skipped: an archive in which there is nothing that is collected: no export that is "
            "known, no Markdown, HTML or plain text, no mailbox");
}

}  // namespace
}  // namespace twin
