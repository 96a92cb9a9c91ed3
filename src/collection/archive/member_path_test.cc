#include "collection/archive/member_path.h"

#include <gtest/gtest.h>

namespace twin {
namespace {

TEST(MemberPath, IsNormalised) {
  EXPECT_EQ(normalise_member_path("a/b.md").path, "a/b.md");
  EXPECT_EQ(normalise_member_path("./a//b\\c/./d.md").path, "a/b/c/d.md");
  EXPECT_EQ(normalise_member_path("a/..b/c..md").path, "a/..b/c..md");
  EXPECT_EQ(normalise_member_path("Übung/日本.txt").path, "Übung/日本.txt");
}

TEST(MemberPath, ThatLeadsOutIsRefused) {
  using namespace std::string_literals;
  for (const std::string& name :
       {"/etc/passwd"s, "\\\\server\\share"s, "C:\\x"s, "c:x"s, ".."s, "../a"s, "a/../../b"s,
        "a\\..\\b"s, ""s, "."s, "./"s, "a\nb"s, "a\0b"s, std::string(5000, 'a')}) {
    EXPECT_NE(normalise_member_path(name).refused, "") << name;
  }
  EXPECT_EQ(normalise_member_path("../a").refused, "its path leads out of the archive");
  EXPECT_EQ(normalise_member_path("a\x1b[31m").path, "a?[31m");
}

TEST(MemberNames, OfOtherCharsetsAreDecoded) {
  EXPECT_EQ(decode_member_names({"plain.md", "Übung.md"}),
            (std::vector<std::string>{"plain.md", "Übung.md"}));
  EXPECT_EQ(decode_member_names({"\x9a"
                                 "bung.md",
                                 "caf\x82.txt", "plain"}),
            (std::vector<std::string>{"Übung.md", "café.txt", "plain"}));
  // 日本語のメモ/今日の日記.txt and 写真についての文章.md in Shift-JIS.
  EXPECT_EQ(decode_member_names(
                {"\x93\xfa\x96\x7b\x8c\xea\x82\xcc\x83\x81\x83\x82/"
                 "\x8d\xa1\x93\xfa\x82\xcc\x93\xfa\x8bL.txt",
                 "\x8e\xca\x90^\x82\xc9\x82\xc2\x82\xa2\x82\xc4\x82\xcc\x95\xb6\x8f\xcd.md"}),
            (std::vector<std::string>{"日本語のメモ/今日の日記.txt", "写真についての文章.md"}));
}

}  // namespace
}  // namespace twin
