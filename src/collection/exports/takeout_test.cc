#include "collection/exports/test_export.h"
#include "collection/files.h"

namespace twin {
namespace {

std::string mailbox(const std::string& id, const std::string& text) {
  return "From 1@xxx Tue Mar 05 10:11:12 +0000 2024\nFrom: Ada Lovelace <ada@example.org>\n"
         "To: Bob <bob@example.org>\nSubject: Looms\nDate: Tue, 5 Mar 2024 10:11:12 +0000\n"
         "Message-ID: <" +
         id + "@example.org>\n\n" + text + "\n\n";
}

class TakeoutTest : public ExportTest {
 protected:
  // "SOURCE: STATE: REASON" below the folder, by source.
  Lines collect_folder() {
    const auto store = open_sqlite_document_store(":memory:");
    const Author author = author_from_full_name("Ada Lovelace");
    for (int run = 0; run < 2; ++run) collect_files(context_, *store, author, {folder_}, {});
    Lines lines;
    for (const Item& item : store->items()) {
      lines.push_back(replace_all(fmt::format("{}: {}: {}", item.source, item.state, item.reason),
                                  folder_.string() + '/', ""));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  QuietContext context_;
};

TEST_F(TakeoutTest, MailIsReadWhereItLies) {
  write("takeout.zip",
        make_archive({{"Takeout/archive_browser.html", "<html>"},
                      {"Takeout/Drive/essay.docx", "x"},
                      {"Takeout/E-Mail/Alle.mbox",
                       mailbox("1", "One.") + mailbox("2", std::string(5 << 20, 'x'))}}));
  const Lines found = collect_folder();
  ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found[0], "mid:1@example.org: unchanged: ");
  EXPECT_EQ(found[1], "mid:2@example.org: unchanged: ");
  EXPECT_EQ(found[2], "takeout.zip/Takeout/: skipped: 1 files, no writing of the author's");
  EXPECT_TRUE(found[3].starts_with("takeout.zip/Takeout/Drive/: skipped: 1 files; ")) << found[3];
  EXPECT_EQ(found[4],
            "takeout.zip/Takeout/E-Mail/Alle.mbox: read: 2 mails, 2 of them by the author");
}

TEST_F(TakeoutTest, AMailboxInAnyArchiveIsRead) {
  write("mail.tar.gz", make_archive({{"Local Folders/Sent", mailbox("1", "One.")},
                                     {"Local Folders/Sent.msf", "x"},
                                     {"notes.md", "# Notes\n"}},
                                    {ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP}));
  write("outer.zip",
        make_archive({{"inner.zip", make_archive({{"a.mbox", mailbox("2", "Two.")}})}}));
  const Lines found = collect_folder();
  ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found[1], "mail.tar.gz/Local Folders/Sent: read: 1 mails, 1 of them by the author");
  EXPECT_EQ(found[3], "mid:1@example.org: unchanged: ");
  EXPECT_TRUE(found[4].starts_with("outer.zip/inner.zip/a.mbox: failed: a mailbox in an archive"))
      << found[4];
}

}  // namespace
}  // namespace twin
