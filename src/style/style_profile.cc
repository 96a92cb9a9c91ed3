#include "style/style_profile.h"

#include <algorithm>
#include <unordered_map>

#include "style/style_counts.h"
#include "text/markdown.h"
#include "text/sentences.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kWindow = 500;  // words

double moving_type_token_ratio(const std::vector<std::string>& words) {
  if (words.empty()) return 0;
  const size_t window = std::min(kWindow, words.size());
  std::unordered_map<std::string_view, size_t> inside;
  double sum = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    ++inside[words[i]];
    if (i >= window) {
      const auto leaving = inside.find(words[i - window]);
      if (--leaving->second == 0) inside.erase(leaving);
    }
    if (i + 1 >= window) sum += static_cast<double>(inside.size()) / static_cast<double>(window);
  }
  return sum / static_cast<double>(words.size() - window + 1);
}

}  // namespace

StyleProfile style_profile(std::string_view markdown) {
  const StyleCounts counts = count_style(markdown);
  const std::string text = plain_text(markdown);
  StyleProfile profile;
  std::vector<std::string> folded;
  for (const ByteRange word : words(text)) folded.push_back(fold(slice(text, word)));
  profile.words = counts.words;
  profile.type_token_ratio = moving_type_token_ratio(folded);
  for (const ByteRange sentence : sentences(text)) {
    const size_t count = words(slice(text, sentence)).size();
    if (count == 0) continue;
    ++profile.sentences;
    ++profile.sentence_length_shares[std::min((count - 1) / 4, StyleProfile::kLengthBins - 1)];
  }
  for (double& share : profile.sentence_length_shares) {
    share /= std::max<double>(1, static_cast<double>(profile.sentences));
  }
  profile.mean_sentence_words = counts.shape[0];
  profile.sd_sentence_words = counts.shape[1];
  profile.mean_word_bytes = counts.shape[4];
  for (size_t i = 0; i < counts.punctuation.size(); ++i) {
    profile.punctuation_per_1000_characters.emplace_back(punctuation_names()[i],
                                                         counts.punctuation[i]);
  }
  for (const std::string& word : function_words()) {
    if (const auto found = counts.word_counts.find(word); found != counts.word_counts.end()) {
      profile.function_words_per_1000.emplace_back(
          word, 1000.0 * found->second / static_cast<double>(counts.words));
    }
  }
  return profile;
}

}  // namespace twin
