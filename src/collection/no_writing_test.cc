#include "collection/no_writing.h"

#include <gtest/gtest.h>

#include <string>

namespace twin {
namespace {

TEST(IsLicenceName, AsPeopleNameThem) {
  for (const char* name :
       {"LICENSE", "LICENSE.md", "licence.txt", "License-MIT", "COPYING", "COPYING.LESSER",
        "UNLICENSE", "NOTICE", "NOTICE.txt", "COPYRIGHT", "CODE_OF_CONDUCT.md"}) {
    EXPECT_TRUE(is_licence_name(name)) << name;
  }
  for (const char* name : {"licensed-to-kill.md", "notice.md", "Copyright.md", "on-copying.md",
                           "the-license.md", "readme.md", ""}) {
    EXPECT_FALSE(is_licence_name(name)) << name;
  }
}

TEST(IsSourceNote, ShortAndWithAnAddress) {
  const std::string note = "Three essays, CC0. From example.org/ada/essays, commit 7e3d92.\n";
  EXPECT_TRUE(is_source_note("SOURCE.txt", note));
  EXPECT_TRUE(is_source_note("Sources.md", "See https://example.org.\n"));
  EXPECT_TRUE(is_source_note("ATTRIBUTION", note));
  EXPECT_FALSE(is_source_note("essay.txt", note));
  EXPECT_FALSE(is_source_note("resources.txt", note));
  EXPECT_FALSE(is_source_note("source.md", "The river begins here. And/or there, e.g./i.e.\n"))
      << "an essay";
  std::string essay = note;
  for (int i = 0; i < 100; ++i) essay += "The river begins here.\n";
  EXPECT_FALSE(is_source_note("source.md", essay));
}

}  // namespace
}  // namespace twin
