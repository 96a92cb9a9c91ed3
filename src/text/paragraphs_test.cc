#include "text/paragraphs.h"

#include <gtest/gtest.h>

namespace twin {
namespace {

TEST(Trim, LeavesTheRangeWithoutOuterWhiteSpace) {
  EXPECT_EQ(trim(" a b\r\n", {0, 6}), (ByteRange{1, 4}));
  EXPECT_EQ(trim("xx  yy", {2, 4}).size(), 0u);
}

TEST(LastParagraph, IsWhatStandsBehindTheLastBlankLine) {
  EXPECT_EQ(last_paragraph("One.\n\nTwo. Three.\n", 100), "Two. Three.");
  EXPECT_EQ(last_paragraph("", 100), "");
}

TEST(LastParagraph, KeepsWholeSentencesFromItsEnd) {
  EXPECT_EQ(last_paragraph("First one here. Second one. Third.", 20), "Second one. Third.");
  EXPECT_EQ(last_paragraph("First one here. Second one. Third.", 8), "Third.");
}

TEST(LastParagraph, CutsOneLongSentenceBetweenWords) {
  EXPECT_EQ(last_paragraph("all these words make a single sentence", 18), "a single sentence");
  EXPECT_EQ(last_paragraph("unbroken", 3), "");
}

}  // namespace
}  // namespace twin
