#include "cli/stacked_bars.h"

#include <gtest/gtest.h>

#include "text/unicode.h"

namespace twin {
namespace {

size_t columns(const std::string& line) {
  size_t count = 0;
  for (size_t i = 0; i < line.size(); ++count) i += code_point_at(line, i).bytes;
  return count;
}

TEST(StackedBars, FitEightyColumnsAndTellTheSums) {
  for (const bool ascii : {false, true}) {
    StackedBars bars{{{"2004", {{"blog", 45210}, {"medium", 12}}},
                      {"2005", {{"blog", 0}, {"medium", 900}, {"x", 1}, {"y", 1}, {"z", 1}}},
                      {"no date", {{"files", 3}}}},
                     ascii};
    const std::string text = draw(bars);
    size_t lines = 0;
    for (size_t begin = 0; begin < text.size(); ++lines) {
      const size_t end = text.find('\n', begin);
      EXPECT_LE(columns(text.substr(begin, end - begin)), 80u);
      begin = end + 1;
    }
    EXPECT_EQ(lines, 4u) << "a legend and three rows";
    EXPECT_NE(text.find("45,222"), std::string::npos);
    EXPECT_NE(text.find("others"), std::string::npos);
    EXPECT_EQ(text.find(ascii ? "█" : "#"), std::string::npos);
  }
}

TEST(StackedBars, OfNothingAreNothing) {
  EXPECT_EQ(draw({}), "");
  EXPECT_EQ(draw({{{"2004", {{"blog", 0}}}}}), "");
  EXPECT_EQ(draw({{{"2004", {{"blog", 7}}}}, true}).find("blog"), std::string::npos)
      << "one part needs no legend";
}

}  // namespace
}  // namespace twin
