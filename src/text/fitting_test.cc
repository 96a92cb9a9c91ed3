#include "text/fitting.h"

#include <gtest/gtest.h>

#include <string>

#include "text/unicode.h"

namespace twin {
namespace {

// A token for each byte.
size_t fitting_bytes(std::string_view text, size_t most) {
  return fitting_beginning(text, most, [](std::string_view part) { return part.size(); });
}

TEST(FittingBeginning, ATextThatFitsStaysWhole) {
  EXPECT_EQ(fitting_bytes("one two.", 8), 8u);
  EXPECT_EQ(fitting_bytes("", 0), 0u);
}

TEST(FittingBeginning, CutsBehindTheLastWordThatFits) {
  EXPECT_EQ(fitting_bytes("one two three", 12), 7u);
  EXPECT_EQ(fitting_bytes("one two three", 7), 7u);
  EXPECT_EQ(fitting_bytes("one two three", 6), 3u);
  EXPECT_EQ(fitting_bytes("one two!!!!!!", 10), 7u) << "marks behind the words go";
}

TEST(FittingBeginning, CutsTheFirstWordBetweenCharacters) {
  EXPECT_EQ(fitting_bytes("éééé word", 5), 4u);
  EXPECT_EQ(fitting_bytes("éééé word", 1), 0u);
  EXPECT_EQ(fitting_bytes("......", 4), 4u) << "a text without words";
  EXPECT_EQ(fitting_bytes(".... word", 3), 3u) << "what stands before the first word counts";
}

TEST(FittingBeginning, CountsWhatIsAlwaysThere) {
  const auto with_query = [](std::string_view part) { return 5 + words(part).size(); };
  EXPECT_EQ(fitting_beginning("one two three", 7, with_query), 7u);
  EXPECT_EQ(fitting_beginning("one two three", 4, with_query), 0u);
}

TEST(FittingBeginning, AsksFewTimes) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "word ";
  size_t asked = 0;
  const size_t bytes = fitting_beginning(text, 500, [&](std::string_view part) {
    ++asked;
    return words(part).size();
  });
  EXPECT_EQ(bytes, 500 * 5 - 1u);
  EXPECT_LE(asked, 13u);
}

}  // namespace
}  // namespace twin
