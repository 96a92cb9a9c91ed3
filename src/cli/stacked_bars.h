#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace twin {

// Bars of several parts, one a row, for a terminal of 80 columns.
struct StackedBars {
  std::map<std::string, std::map<std::string, size_t>> rows;  // by label, then by part
  bool ascii = false;                                         // no block characters
};

// A line a row, the labels in order: label, bar, sum. The longest bar takes the room there is; a
// part that is not nothing has a character at least. With more than one part a legend above tells
// their fills: the three largest parts have one each, all others together the fourth. Empty where
// all is.
std::string draw(const StackedBars& bars);

}  // namespace twin
