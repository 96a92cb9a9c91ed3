#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twin {

// What a reader would notice in a text: rates and distributions.
struct StyleProfile {
  static constexpr size_t kLengthBins = 12;  // 1-4, 5-8, ..., 45 and more words

  size_t words = 0, sentences = 0;
  double mean_sentence_words = 0, sd_sentence_words = 0;
  double mean_word_bytes = 0;
  double type_token_ratio = 0;  // moving average over 500 words (Covington & McFall 2010, MATTR)
  std::vector<std::pair<std::string, double>> punctuation_per_1000_characters;
  std::vector<std::pair<std::string, double>> function_words_per_1000;  // those that stand in it
  std::array<double, kLengthBins> sentence_length_shares{};
};
StyleProfile style_profile(std::string_view markdown);

}  // namespace twin
