#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace twin {

// What is counted in a text to know its voice, whatever it is about. Markdown marks are read, not
// counted: bold text counts as its words.
struct StyleCounts {
  size_t words = 0;
  std::unordered_map<std::string, uint32_t> word_counts;  // folded
  size_t trigrams = 0;
  // Three code points, 21 bits each; runs of white space are one space.
  std::unordered_map<uint64_t, uint32_t> trigram_counts;
  std::vector<double> punctuation;  // per 1,000 characters, in the order of punctuation_names()
  std::vector<double> shape;        // in the order of shape_names()
};
StyleCounts count_style(std::string_view text);

// "comma", "semicolon", ... and "mean sentence words", ...: what the numbers of a StyleCounts are.
const std::vector<std::string>& punctuation_names();
const std::vector<std::string>& shape_names();

// English words that carry grammar rather than matter, most frequent first, folded.
const std::vector<std::string>& function_words();

}  // namespace twin
