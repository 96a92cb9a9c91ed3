#include "collection/archive/archive.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/files.h"
#include "collection/archive/test_archive.h"
#include "collection/collector.h"
#include "text/unicode.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// What reading says: the bytes, or the refusal's reason.
template <class Read>
std::string said(Read read) {
  try {
    return read();
  } catch (const Refusal& refusal) {
    EXPECT_EQ(refusal.state, "failed");
    return "refused: " + refusal.reason;
  }
}
std::string open_says(const std::string& bytes, ArchiveLimits limits = {}) {
  return said([&] {
    Archive archive(bytes, "x", limits);
    return fmt::format("{} members", archive.members().size());
  });
}

TestMembers three() {
  return {{"posts/", ""},
          {"posts/one.md", "# One\n"},
          {"posts/two.md", std::string(300'000, 'b')},
          {"posts/three – 3.md", "drei\r\n"}};
}

TEST(Archive, EveryKindGivesItsMembersInAnyOrder) {
  const TestArchiveOptions kinds[] = {{},
                                      {ARCHIVE_FORMAT_TAR_PAX_RESTRICTED},
                                      {ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP},
                                      {ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_ZSTD},
                                      {ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_XZ},
                                      {ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_BZIP2}};
  const fs::path file =
      fs::path(::testing::TempDir()) / fmt::format("twin_archive_test_{}", getpid());
  for (const TestArchiveOptions& kind : kinds) {
    write_file_atomic(file, make_archive(three(), kind));
    Archive archive(file);
    ASSERT_EQ(archive.members().size(), 3U);
    EXPECT_EQ(archive.damage(), "");
    EXPECT_EQ(archive.members()[0].bytes, 6U);
    EXPECT_EQ(archive.read(2), "drei\r\n");
    EXPECT_EQ(archive.read(0), "# One\n");
    EXPECT_EQ(archive.head(1, 4), "bbbb");
    const auto stream = archive.stream(1);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(*stream), {}), std::string(300'000, 'b'));
    EXPECT_EQ(archive.read(0), "# One\n");
    EXPECT_EQ(archive.read(1), std::string(300'000, 'b'));
    EXPECT_EQ(archive.read(archive.find("posts/three – 3.md").value()), "drei\r\n");
    EXPECT_FALSE(archive.find("posts").has_value());
  }
  fs::remove(file);
}

TEST(Archive, CompressedFileIsOneMember) {
  const std::string bytes =
      make_archive({{"n", "Just a text.\n"}}, {ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP});
  Archive archive(bytes, "notes.txt.gz");
  ASSERT_EQ(archive.members().size(), 1U);
  EXPECT_EQ(archive.members()[0].path, "notes.txt");
  EXPECT_EQ(archive.read(0), "Just a text.\n");
}

TEST(Archive, WhatIsNoneOrOfAnotherKindIsRefused) {
  EXPECT_EQ(open_says("hello"), "refused: no zip, tar, gzip, zstd, xz or bzip2 file");
  EXPECT_EQ(open_says(""), "refused: no zip, tar, gzip, zstd, xz or bzip2 file");
  EXPECT_EQ(open_says("Rar!\x1a\x07\x01"),
            "refused: a RAR archive, which is not read; unpack it and collect its folder");
  EXPECT_EQ(open_says(make_archive({})), "0 members");
  EXPECT_THROW(Archive(fs::path("/nonexistent.zip")), Error);
}

TEST(Archive, PathsThatLeadOutAreRefusedAndTheRestIsRead) {
  for (const int format : {ARCHIVE_FORMAT_ZIP, ARCHIVE_FORMAT_TAR_PAX_RESTRICTED}) {
    Archive archive(make_archive({{"../../evil.md", "x"},
                                  {"/etc/passwd", "x"},
                                  {"C:\\x.md", "x"},
                                  {"a/./b.md", "fine"},
                                  {"a/b.md", "again"}},
                                 {format}),
                    "x");
    ASSERT_EQ(archive.members().size(), 5U);
    EXPECT_EQ(said([&] { return archive.read(0); }), "refused: its path leads out of the archive");
    EXPECT_EQ(said([&] { return archive.read(1); }), "refused: its path is absolute");
    EXPECT_EQ(said([&] { return archive.read(2); }),
              "refused: its path begins with a drive's letter");
    EXPECT_EQ(archive.read(archive.find("a/b.md").value()), "fine");
    EXPECT_EQ(said([&] { return archive.read(4); }), "refused: a second member of that name");
  }
}

TEST(Archive, LinksAreRefused) {
  archive* writer = archive_write_new();
  archive_write_set_format_pax_restricted(writer);
  std::string packed(1 << 16, '\0');
  size_t used = 0;
  archive_write_open_memory(writer, packed.data(), packed.size(), &used);
  for (const bool hard : {false, true}) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, hard ? "hard.md" : "soft.md");
    if (!hard) archive_entry_set_filetype(entry, AE_IFLNK);
    if (hard) archive_entry_set_filetype(entry, AE_IFREG);
    (hard ? archive_entry_set_hardlink : archive_entry_set_symlink)(entry, "/etc/passwd");
    archive_write_header(writer, entry);
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  packed.resize(used);
  Archive archive(packed, "x");
  ASSERT_EQ(archive.members().size(), 2U);
  EXPECT_EQ(said([&] { return archive.read(0); }),
            "refused: a link to another file, which is not followed");
  EXPECT_EQ(said([&] { return archive.read(1); }),
            "refused: a link to another file, which is not followed");
}

TEST(Archive, EncryptedMembersAreRefusedWithTheReason) {
  TestArchiveOptions options;
  options.passphrase = "secret";
  Archive archive(make_archive(three(), options), "x");
  ASSERT_EQ(archive.members().size(), 3U);
  EXPECT_TRUE(archive.members()[0].encrypted);
  EXPECT_EQ(said([&] { return archive.read(0); }),
            "refused: encrypted; unpack the archive with its password and collect the folder");
}

TEST(Archive, BrokenMemberIsRefusedAndTheOthersAreRead) {
  std::string letters;
  uint32_t random = 1;
  for (int i = 0; i < 50'000; ++i) {
    random = random * 1'664'525 + 1'013'904'223;
    letters += static_cast<char>('a' + (random >> 24) % 23);
  }
  std::string bytes = make_archive({{"one.md", letters}, {"two.md", "fine"}});
  for (size_t i = 200; i < 260; ++i) bytes[i] = '\x5a';
  Archive archive(bytes, "x");
  ASSERT_EQ(archive.members().size(), 2U);
  EXPECT_TRUE(said([&] { return archive.read(0); }).starts_with("refused: broken: "));
  EXPECT_EQ(archive.read(1), "fine");
}

TEST(Archive, CutOffIsReadAsFarAsItGoesAndSaysSo) {
  TestMembers members;
  for (int i = 0; i < 40; ++i)
    members.emplace_back(fmt::format("{}.md", i), fmt::format("{:>99}", i));
  const TestArchiveOptions kinds[] = {{},
                                      {ARCHIVE_FORMAT_TAR_PAX_RESTRICTED},
                                      {ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_GZIP}};
  for (const TestArchiveOptions& kind : kinds) {
    const std::string whole = make_archive(members, kind);
    for (size_t tenth = 0; tenth < 10; ++tenth) {
      std::string outcome = said([&]() -> std::string {
        Archive archive(whole.substr(0, whole.size() * tenth / 10), "x");
        EXPECT_NE(archive.damage(), "") << tenth;
        size_t read = 0;
        for (size_t i = 0; i < archive.members().size(); ++i) {
          const std::string text = said([&] { return archive.read(i); });
          if (text.starts_with("refused")) continue;
          EXPECT_EQ(text, members[i].second);
          ++read;
        }
        EXPECT_LE(archive.members().size(), read + 1);
        return "read";
      });
      if (tenth >= 2 && kind.filter == ARCHIVE_FILTER_NONE) {
        EXPECT_EQ(outcome, "read") << tenth;
      } else {
        EXPECT_TRUE(outcome == "read" || outcome.starts_with("refused: ")) << outcome;
      }
    }
  }
}

TEST(Archive, MemberBeyondItsLimitIsRefused) {
  ArchiveLimits limits;
  limits.max_member_bytes = 1000;
  for (const int format : {ARCHIVE_FORMAT_ZIP, ARCHIVE_FORMAT_TAR_PAX_RESTRICTED}) {
    Archive archive(make_archive(three(), {format}), "x", limits);
    EXPECT_EQ(said([&] { return archive.read(1); }),
              "refused: 300.0 kB, more than the limit of 1.0 kB");
    EXPECT_EQ(archive.read(2), "drei\r\n");
    EXPECT_EQ(said([&] { return archive.read(2, 3); }), "refused: 6 B, more than the limit of 3 B");
  }
  limits.max_members = 2;
  EXPECT_EQ(open_says(make_archive(three()), limits), "refused: holds more than 2 members");
}

// Eight gigabytes of zeros: a small zstd frame repeated, as zstd allows.
TEST(Archive, StreamOfZerosIsRefusedSoon) {
  const size_t part = 64 << 20, parts = 120;
  const std::string tar =
      make_archive({{"zeros", std::string(1 << 20, '\0')}}, {ARCHIVE_FORMAT_TAR_USTAR});
  std::string head = tar.substr(0, 512);
  head.replace(124, 12, fmt::format("{:011o}", static_cast<uint64_t>(part) * parts) + '\0');
  unsigned sum = 0;
  for (size_t i = 0; i < 512; ++i) {
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(head[i]);
  }
  head.replace(148, 8, fmt::format("{:06o}", sum) + '\0' + ' ');
  const TestArchiveOptions raw = {ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_ZSTD};
  const std::string zeros = make_archive({{"x", std::string(part, '\0')}}, raw);
  std::string bomb = make_archive({{"x", head}}, raw);
  for (size_t i = 0; i < parts; ++i) bomb += zeros;
  EXPECT_TRUE(open_says(bomb).starts_with("refused: unpacks to more than 250 times its "))
      << open_says(bomb);
}

TEST(Archive, ZipOfZerosIsRefusedAndOneThatLiesOfItToo) {
  std::string bomb = make_archive({{"zeros", std::string(80 << 20, '\0')}});
  EXPECT_TRUE(open_says(bomb).starts_with("refused: unpacks to more than 250 times its "))
      << open_says(bomb);
  const size_t stated = bomb.rfind("PK\1\2") + 24;
  bomb.replace(stated, 4, std::string("\x10\x27\0\0", 4));  // 10,000 bytes
  const std::string outcome = said([&] { return Archive(bomb, "x").read(0); });
  EXPECT_TRUE(outcome.starts_with("refused: ")) << outcome.substr(0, 100);
}

TEST(Archive, ArchivesInArchivesShareLimitsAndEndAtTheirDepth) {
  const std::string inner = make_archive({{"deep.md", "text"}});
  const std::string second = make_archive({{"inner.zip", inner}});
  Archive archive(make_archive({{"second.zip", second}, {"no.zip", "no zip"}}), "x");
  EXPECT_EQ(said([&] { return archive.nested(1), std::string(); }),
            "refused: no zip, tar, gzip, zstd, xz or bzip2 file");
  Archive nested = archive.nested(0);
  Archive deepest = nested.nested(0);
  EXPECT_EQ(deepest.read(0), "text");
  EXPECT_EQ(said([&] { return deepest.nested(0), std::string(); }),
            "refused: an archive 3 levels deep in archives; unpack it and collect its folder");

  ArchiveLimits limits;
  limits.free_bytes = 1 << 20;
  const std::string zeros = make_archive({{"zeros", std::string(50 << 20, '\0')}});
  Archive bomb(make_archive({{"a.zip", make_archive({{"b.zip", zeros}})}}), "x", limits);
  Archive middle = bomb.nested(0);
  EXPECT_TRUE(said([&] {
                return middle.nested(0), std::string();
              }).starts_with("refused: unpacks to more than 250 times its "));
}

TEST(Archive, NamesAreReadInTheirCharset) {
  std::string bytes = make_archive({{"Übung – 日本.md", "x"}});
  bytes[bytes.find("PK\3\4") + 7] |= 8;  // bit 11 of the flags: UTF-8
  bytes[bytes.find("PK\1\2") + 9] |= 8;
  Archive flagged(bytes, "x");
  EXPECT_EQ(flagged.members()[0].path, "Übung – 日本.md");
  Archive unflagged(make_archive({{"Übung – 日本.md", "x"}}), "x");
  EXPECT_EQ(unflagged.members()[0].path, "Übung – 日本.md");
  Archive dos(make_archive({{"\x9a"
                             "bung.md",
                             "x"}}),
              "x");
  EXPECT_EQ(dos.members()[0].path, "Übung.md");
}

}  // namespace
}  // namespace twin
