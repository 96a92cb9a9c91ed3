#include "stores/vectors/words_of.h"

#include <algorithm>

namespace twin::vectors {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool inside = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                        static_cast<unsigned char>(c) >= 0x80;
    if (inside) {
      word += upper ? static_cast<char>(c - 'A' + 'a') : c;
    } else {
      end_word();
    }
  }
  end_word();
  return words;
}

bool has_words(std::string_view text, std::string_view query) {
  std::vector<std::string> there = words_of(text);
  std::sort(there.begin(), there.end());
  const std::vector<std::string> wanted = words_of(query);
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& word) {
    return std::binary_search(there.begin(), there.end(), word);
  });
}

}  // namespace twin::vectors
