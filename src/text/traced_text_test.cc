#include "text/traced_text.h"

#include <gtest/gtest.h>

namespace twin {
namespace {

// "0-3=5-8 ..." of the ranges.
std::string shown(const TracedText& text) {
  std::string all;
  for (const SourceRange& r : text.ranges()) {
    all += (all.empty() ? "" : " ") + std::to_string(r.text.begin) + '-' +
           std::to_string(r.text.end) + '=' + std::to_string(r.source.begin) + '-' +
           std::to_string(r.source.end);
  }
  return all;
}

TEST(TracedText, NeighboursBecomeOneRange) {
  TracedText text;
  text.append("abc", {5, 8});
  text.append("de", {8, 10});
  text.append("f", {12, 13});
  EXPECT_EQ(shown(text), "0-5=5-10 5-6=12-13");
  text.append("&", {13, 18});  // an entity
  text.append("g", {18, 19});
  EXPECT_EQ(shown(text), "0-5=5-10 5-6=12-13 6-7=13-18 7-8=18-19");
}

TEST(TracedText, InsertingMovesAndCutsRanges) {
  TracedText text;
  text.append("abc", {5, 8});
  text.append("def", {20, 23});
  text.insert(3, "**");
  EXPECT_EQ(text.text(), "abc**def");
  EXPECT_EQ(shown(text), "0-3=5-8 5-8=20-23");
  text.insert(1, "_");
  EXPECT_EQ(text.text(), "a_bc**def");
  EXPECT_EQ(shown(text), "0-1=5-6 2-4=6-8 6-9=20-23");
  text.insert(9, "!");
  text.insert(0, "> ");
  EXPECT_EQ(shown(text), "2-3=5-6 4-6=6-8 8-11=20-23");
}

TEST(TracedText, SlicesKeepTheirSource) {
  TracedText from, to;
  from.append("abcdef", {10, 16});
  from.append("\n");
  from.append("ghi", {30, 33});
  to.append("> ");
  to.append(from, {2, 6});
  to.append("|");
  to.append(from, {6, 9});
  EXPECT_EQ(to.text(), "> cdef|\ngh");
  EXPECT_EQ(shown(to), "2-6=12-16 8-10=30-32");
}

TEST(TracedText, Shortening) {
  TracedText text;
  text.append("abc", {5, 8});
  text.append("  \n", {8, 11});
  text.trim_end();
  EXPECT_EQ(shown(text), "0-3=5-8");
  text.shorten(1);
  EXPECT_EQ(shown(text), "0-1=5-6");
  text.clear();
  EXPECT_EQ(shown(text), "");
}

}  // namespace
}  // namespace twin
