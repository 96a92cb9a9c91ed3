#include "collection/git/git_message.h"

#include <gtest/gtest.h>

namespace twin {
namespace {

TEST(GitMessage, TrailersAreLeftOutAndTheRestStays) {
  const GitMessage message = read_git_message(
      "Turn  the wheel\n\nIt turned: backwards.\n\n  - a list\n    kept\n\n"
      "Reviewed-by: Charles <c@x.org>\nCo-authored-by: Mary S. <mary@x.org>\n"
      "Signed-off-by: Ada <ada@x.org>\n");
  EXPECT_EQ(message.subject, "Turn  the wheel");
  EXPECT_EQ(message.text, "Turn  the wheel\n\nIt turned: backwards.\n\n  - a list\n    kept\n");
  ASSERT_EQ(message.co_authors.size(), 1u);
  EXPECT_EQ(message.co_authors[0].name, "Mary S.");
  EXPECT_EQ(message.co_authors[0].email, "mary@x.org");
}

TEST(GitMessage, WhatOnlyLooksLikeATrailerStays) {
  EXPECT_EQ(read_git_message("Fix: the wheel").text, "Fix: the wheel\n");
  EXPECT_EQ(read_git_message("fix: the wheel\n\nSee the list:\n- one\n- two\n").text,
            "fix: the wheel\n\nSee the list:\n- one\n- two\n");
  EXPECT_EQ(read_git_message("A\n\nNote: this line and\nanother one of prose.\n").text,
            "A\n\nNote: this line and\nanother one of prose.\n");
}

TEST(GitMessage, AnyBytesAreRead) {
  EXPECT_EQ(read_git_message("").text, "");
  EXPECT_EQ(read_git_message("\n \n\t").text, "");
  EXPECT_EQ(read_git_message("\n\n  set in\r\nbody").text, "  set in\r\nbody\n");
  EXPECT_EQ(read_git_message("x\n\n: :\n<>\nCo-authored-by:").subject, "x");
}

TEST(GitMessage, ProgramsMessagesAreTold) {
  const auto reason = [](std::string_view text, size_t parents = 1,
                         std::vector<std::string> paths = {"docs/a.md"}) {
    return generated_message_reason(read_git_message(text), parents, paths);
  };
  EXPECT_NE(reason("Merge branch 'x'", 2), "");
  EXPECT_EQ(reason("Merge sort in place"), "");
  EXPECT_NE(reason("Revert \"Turn\"\n\nThis reverts commit 0123456789."), "");
  EXPECT_EQ(reason("Revert \"Turn\"\n\nThis reverts commit 0123. It broke the mill."), "");
  EXPECT_NE(reason("fixup! Turn"), "");
  EXPECT_NE(reason("Update a.md"), "");
  EXPECT_NE(reason("Create docs/a.md"), "");
  EXPECT_EQ(reason("Update a.md\n\nBecause it was wrong."), "");
  EXPECT_EQ(reason("Update a.md", 1, {"a.md", "b.md"}), "");
  EXPECT_NE(reason("Initial commit"), "");
}

}  // namespace
}  // namespace twin
