#include "text/search_terms.h"

#include <algorithm>
#include <array>

#include "text/unicode.h"

namespace twin {
namespace {

constexpr std::array<std::string_view, 132> kStopWords = {
    "a",     "about",   "above",   "after",   "again",  "all",    "also",    "am",     "an",
    "and",   "any",     "are",     "as",      "at",     "be",     "because", "been",   "before",
    "being", "below",   "between", "both",    "but",    "by",     "can",     "could",  "did",
    "do",    "does",    "doing",   "don't",   "down",   "during", "each",    "few",    "for",
    "from",  "further", "get",     "give",    "had",    "has",    "have",    "having", "he",
    "her",   "here",    "hers",    "him",     "his",    "how",    "i",       "i'm",    "if",
    "in",    "into",    "is",      "it",      "it's",   "its",    "just",    "let",    "like",
    "made",  "make",    "me",      "more",    "most",   "my",     "no",      "nor",    "not",
    "now",   "of",      "off",     "on",      "once",   "one",    "only",    "or",     "other",
    "our",   "out",     "over",    "own",     "please", "post",   "same",    "she",    "should",
    "so",    "some",    "such",    "tell",    "than",   "that",   "the",     "their",  "them",
    "then",  "there",   "these",   "they",    "this",   "those",  "through", "to",     "too",
    "under", "until",   "up",      "us",      "use",    "very",   "was",     "we",     "were",
    "what",  "when",    "where",   "which",   "while",  "who",    "whom",    "why",    "will",
    "with",  "would",   "write",   "writing", "you",    "your"};

}  // namespace

bool is_stop_word(std::string_view folded) {
  return std::binary_search(kStopWords.begin(), kStopWords.end(), folded);
}

std::vector<std::string> search_terms(std::string_view request) {
  std::vector<std::string> all, telling;
  for (const ByteRange& range : words(request)) {
    std::string word = fold(slice(request, range));
    if (std::find(all.begin(), all.end(), word) != all.end()) continue;
    if (!is_stop_word(word)) telling.push_back(word);
    all.push_back(std::move(word));
  }
  return telling.empty() ? all : telling;
}

}  // namespace twin
