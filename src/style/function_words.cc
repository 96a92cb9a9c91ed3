#include "style/style_counts.h"

namespace twin {

const std::vector<std::string>& function_words() {
  static const std::vector<std::string> words = {
      "the",     "of",      "and",      "a",       "to",       "in",       "is",      "that",
      "it",      "was",     "i",        "for",     "on",       "you",      "he",      "be",
      "with",    "as",      "by",       "at",      "have",     "are",      "this",    "not",
      "but",     "had",     "his",      "they",    "from",     "she",      "which",   "or",
      "we",      "an",      "there",    "her",     "were",     "one",      "do",      "been",
      "all",     "their",   "has",      "would",   "will",     "what",     "if",      "can",
      "when",    "so",      "my",       "your",    "no",       "who",      "more",    "some",
      "them",    "out",     "up",       "into",    "its",      "only",     "me",      "could",
      "than",    "then",    "him",      "other",   "about",    "any",      "our",     "these",
      "just",    "also",    "how",      "very",    "should",   "because",  "us",      "even",
      "may",     "such",    "most",     "those",   "over",     "must",     "now",     "like",
      "before",  "where",   "much",     "through", "same",     "too",      "did",     "being",
      "am",      "here",    "well",     "down",    "might",    "after",    "both",    "while",
      "each",    "own",     "never",    "still",   "yet",      "again",    "however", "though",
      "between", "without", "another",  "every",   "does",     "off",      "against", "under",
      "nor",     "upon",    "why",      "rather",  "perhaps",  "quite",    "within",  "since",
      "until",   "once",    "whether",  "always",  "often",    "almost",   "indeed",  "instead",
      "thus",    "hence",   "either",   "neither", "ever",     "anything", "nothing", "something",
      "it's",    "don't",   "i'm",      "you're",  "that's",   "let's",    "can't",   "doesn't",
      "i've",    "we're",   "you'll",   "there's", "won't",    "isn't",    "didn't",  "i'll",
      "we'll",   "they're", "what's",   "really",  "actually", "simply",   "already", "usually",
      "myself",  "itself",  "therefore"};
  return words;
}

}  // namespace twin
