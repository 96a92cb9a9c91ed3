#include "training/datasets/cut_to_length.h"

#include <algorithm>
#include <limits>

#include "text/paragraphs.h"
#include "text/sentences.h"

namespace twin {
namespace {

size_t distance(size_t a, size_t b) { return a > b ? a - b : b - a; }

std::string_view trimmed(std::string_view text) {
  return slice(text, trim(text, {0, text.size()}));
}

// Whole words, as near to `tokens` as they come: what a word is cut off from is no text.
std::string_view cut_to_words(const Tokenizer& tokenizer, std::string_view text, size_t tokens) {
  std::vector<size_t> ends;
  for (size_t at = text.find_first_of(" \t\n\r"); at != std::string_view::npos;
       at = text.find_first_of(" \t\n\r", at + 1)) {
    ends.push_back(at);
  }
  if (ends.empty()) return text;
  const auto length = [&](size_t end) { return tokenizer.encode(text.substr(0, end)).size(); };
  auto past = std::partition_point(ends.begin(), ends.end(),
                                   [&](size_t end) { return length(end) <= tokens; });
  if (past == ends.end()) return trimmed(text.substr(0, ends.back()));
  if (past != ends.begin() && tokens - length(*(past - 1)) <= length(*past) - tokens) --past;
  return trimmed(text.substr(0, *past));
}

}  // namespace

std::string_view cut_to_length(const Tokenizer& tokenizer, std::string_view text, size_t tokens) {
  text = trimmed(text);
  std::vector<ByteRange> all = sentences(text);
  if (!all.empty()) all.pop_back();  // it may go on
  const size_t most = std::max<size_t>(8, tokens / 4);
  size_t best = std::numeric_limits<size_t>::max();
  std::string_view found;
  for (const ByteRange sentence : all) {
    const std::string_view prefix = trimmed(text.substr(0, sentence.end));
    const size_t length = tokenizer.encode(prefix).size();
    const size_t off = distance(length, tokens);
    if (off < best) {
      best = off;
      found = prefix;
    }
    if (length > tokens) break;
  }
  return best <= most && !found.empty() ? found : cut_to_words(tokenizer, text, tokens);
}

}  // namespace twin
