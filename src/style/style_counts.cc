#include "style/style_counts.h"

#include <algorithm>
#include <cmath>

#include "text/markdown.h"
#include "text/sentences.h"
#include "text/unicode.h"

namespace twin {
namespace {

struct Mark {
  const char* name;
  std::u32string_view characters;
};

constexpr Mark kMarks[] = {
    {"comma", U",、，"},
    {"full stop", U".。"},
    {"semicolon", U";；"},
    {"colon", U":："},
    {"exclamation mark", U"!！"},
    {"question mark", U"?？"},
    {"dash", U"—–"},
    {"hyphen", U"-‐"},
    {"bracket", U"()[]（）"},
    {"double quote", U"\"“”„«»"},
    {"apostrophe", U"'’‘"},
    {"ellipsis", U"…"},
    {"slash", U"/"},
    {"arrow or bullet", U"→↓↳•←↑"},
};
constexpr size_t kEmoji = std::size(kMarks);
constexpr size_t kDigits = kEmoji + 1;
constexpr size_t kCapitals = kDigits + 1;
constexpr size_t kPunctuation = kCapitals + 1;

bool is_emoji(char32_t c) {
  return (c >= 0x1F000 && c <= 0x1FAFF) || (c >= 0x2600 && c <= 0x27BF) || c == 0x2B50;
}

std::vector<double> punctuation_rates(std::string_view text) {
  std::vector<double> rates(kPunctuation, 0.0);
  size_t characters = 0;
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = code_point_at(text, i);
    i += c.bytes;
    ++characters;
    if (is_emoji(c.value)) ++rates[kEmoji];
    if (is_digit(c.value)) ++rates[kDigits];
    if (is_upper(c.value)) ++rates[kCapitals];
    for (size_t m = 0; m < std::size(kMarks); ++m) {
      rates[m] += kMarks[m].characters.find(c.value) == std::u32string_view::npos ? 0 : 1;
    }
  }
  for (double& rate : rates) rate *= 1000.0 / std::max<double>(1, static_cast<double>(characters));
  return rates;
}

// Letters of a text in lower case with single spaces: what trigrams are taken of.
std::u32string trigram_text(std::string_view text) {
  std::u32string result = U" ";
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = code_point_at(text, i);
    i += c.bytes;
    const char32_t value = is_space(c.value) ? U' ' : to_lower(c.value);
    if (value != U' ' || result.back() != U' ') result += value;
  }
  if (result.back() != U' ') result += U' ';
  return result;
}

std::vector<double> shape_of(std::string_view text) {
  std::vector<double> lengths;
  for (const ByteRange sentence : sentences(text)) {
    const size_t count = words(slice(text, sentence)).size();
    if (count > 0) lengths.push_back(static_cast<double>(count));
  }
  double letters = 0, long_words = 0;
  const std::vector<ByteRange> all = words(text);
  for (const ByteRange word : all) {
    letters += static_cast<double>(word.size());
    long_words += word.size() >= 9 ? 1 : 0;
  }
  const double n = std::max<double>(1, static_cast<double>(lengths.size()));
  const double w = std::max<double>(1, static_cast<double>(all.size()));
  double sum = 0, squares = 0, brief = 0, lengthy = 0;
  for (const double length : lengths) {
    sum += length;
    squares += length * length;
    brief += length <= 6 ? 1 : 0;
    lengthy += length >= 30 ? 1 : 0;
  }
  const double mean = sum / n;
  return {mean,        std::sqrt(std::max(0.0, squares / n - mean * mean)),
          brief / n,   lengthy / n,
          letters / w, long_words / w};
}

}  // namespace

const std::vector<std::string>& punctuation_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Mark& mark : kMarks) list.emplace_back(mark.name);
    list.insert(list.end(), {"emoji", "digit", "capital letter"});
    return list;
  }();
  return names;
}

const std::vector<std::string>& shape_names() {
  static const std::vector<std::string> names = {"mean sentence words",
                                                 "deviation of sentence words",
                                                 "sentences of 6 words or less",
                                                 "sentences of 30 words or more",
                                                 "mean word bytes",
                                                 "words of 9 bytes or more"};
  return names;
}

StyleCounts count_style(std::string_view markdown) {
  const std::string text = plain_text(markdown);
  StyleCounts counts;
  for (const ByteRange word : words(text)) {
    std::string folded = fold(slice(text, word));
    // One spelling of the apostrophe, so that typesetting is not taken for vocabulary.
    for (size_t at; (at = folded.find("’")) != std::string::npos;) folded.replace(at, 3, "'");
    ++counts.word_counts[folded];
    ++counts.words;
  }
  const std::u32string letters = trigram_text(text);
  for (size_t i = 0; i + 2 < letters.size(); ++i) {
    const uint64_t gram = static_cast<uint64_t>(letters[i]) << 42 |
                          static_cast<uint64_t>(letters[i + 1]) << 21 |
                          static_cast<uint64_t>(letters[i + 2]);
    ++counts.trigram_counts[gram];
    ++counts.trigrams;
  }
  counts.punctuation = punctuation_rates(text);
  counts.shape = shape_of(text);
  return counts;
}

}  // namespace twin
