#include "collection/exports/test_export.h"

namespace twin {
namespace {

TEST_F(ExportTest, ObsidianVaultLeavesTemplatesAndSettingsOut) {
  const Collected found =
      collect({{".obsidian/app.json", "{}"},
               {".obsidian/templates.json", "{\"folder\": \"Meta/Templates\"}"},
               {"Daily/2024-01-02.md", "Met [[Bob|B]].\n\n> [!note] Aside\n> x\n"},
               {"Meta/Templates/daily.md", "# {{date}}\n"},
               {"picture.png", "x"}});
  EXPECT_EQ(found.documents, Lines{"X/Daily/2024-01-02.md | obsidian  |  | 2024 01 02 | Met "
                                   "[[Bob|B]].\n\n> [!note] Aside\n> x\n"});
  EXPECT_EQ(found.items, (Lines{"X/.obsidian/: skipped: 1 files, no writing of the author's",
                                "X/Meta/Templates/daily.md: skipped: a template",
                                "X/picture.png: skipped: not a kind of text that is collected"}));
}

TEST_F(ExportTest, NotionZipInAZipGivesPagesWithoutTheirIds) {
  const std::string id = "0123456789abcdef0123456789abcdef";
  const std::string inner =
      make_archive({{"Reading list " + id + ".csv", "Name\nOne\n"},
                    {"Reading list " + id + "/One " + id + ".md", "# One\n\nx\n"},
                    {"Plain " + id.substr(0, 31) + "0.md", "Text alone.\n"}});
  const Collected found =
      collect_path(write("export.zip", make_archive({{"Export-1-Part-1.zip", inner}})));
  EXPECT_EQ(found.documents,
            (Lines{"notion:0123456789abcdef0123456789abcde0 | notion  |  | Plain | "
                   "Text alone.\n",
                   "notion:" + id + " | notion  |  | One | # One\n\nx\n"}));
  EXPECT_EQ(found.items, Lines{"X/Export-1-Part-1.zip/Reading list " + id +
                               ".csv: skipped: a table of pages, which are collected themselves"});
}

TEST_F(ExportTest, ArchiveOfTextsGivesEachAndSaysWhyNot) {
  const Collected found = collect_path(
      write("texts.zip", make_archive({{"a.md", "---\ntitle: A\ndate: 2020-01-02\n---\nText\n"},
                                       {"b/c.html", "<p>Page</p>"},
                                       {"d.txt", std::string("x\0y", 3)},
                                       {"../e.md", "evil"},
                                       {"__MACOSX/._a.md", "x"}})));
  EXPECT_EQ(found.documents, (Lines{"X/a.md | files  | 2020-01-02 | A | ---\ntitle: A\ndate: "
                                    "2020-01-02\n---\nText\n",
                                    "X/b/c.html | files  |  | c | Page\n"}));
  EXPECT_EQ(found.items, (Lines{"X/../e.md: failed: its path leads out of the archive",
                                "X/__MACOSX/: skipped: 1 files, no writing of the author's",
                                "X/d.txt: skipped: binary: holds zero bytes"}));
}

TEST_F(ExportTest, ArchivesThatCannotBeReadAreFailedWithTheReason) {
  TestArchiveOptions encrypted;
  encrypted.passphrase = "secret";
  const TestMembers texts = {{"a.md", "Text\n"}};
  EXPECT_EQ(collect_path(write("e.zip", make_archive(texts, encrypted))).items,
            Lines{"X/a.md: failed: encrypted; unpack the archive with its password and collect the "
                  "folder"});
  EXPECT_EQ(collect_path(write("r.rar", "Rar!\x1a\x07\x01")).items,
            Lines{"X: failed: a RAR archive, which is not read; unpack it and collect its folder"});
  const std::string whole = make_archive({{"a.md", "Text\n"}, {"b.md", std::string(900, 'b')}});
  const Collected cut = collect_path(write("c.zip", whole.substr(0, whole.size() - 30)));
  EXPECT_EQ(cut.documents.size(), 2U);
  EXPECT_EQ(cut.items,
            Lines{"X: failed: cut off: its directory is missing; what can be read was read"});
  EXPECT_FALSE(collect_path(write("p.zip", make_archive({{"a.jpg", "x"}}))).taken);
  EXPECT_FALSE(
      collect_path(write("book.zip", make_archive({{"mimetype", "x"}, {"a.html", "x"}}))).taken);
  EXPECT_FALSE(collect_path(folder_ / "nothing").taken);
}

}  // namespace
}  // namespace twin
