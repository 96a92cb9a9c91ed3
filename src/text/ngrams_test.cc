#include "text/ngrams.h"

#include <gtest/gtest.h>

#include <set>

namespace twin {
namespace {

TEST(WordNgrams, OneHashForEachRunOfWords) {
  const WordNgrams grams = word_ngrams("one two three four", 3);
  EXPECT_EQ(grams.words.size(), 4u);
  EXPECT_EQ(grams.hashes.size(), 2u);
  EXPECT_NE(grams.hashes[0], grams.hashes[1]);
}

TEST(WordNgrams, CaseAndPunctuationDoNotMatterOrderDoes) {
  EXPECT_EQ(word_ngrams("The quick, brown fox!", 4).hashes,
            word_ngrams("the QUICK brown — fox", 4).hashes);
  EXPECT_NE(word_ngrams("quick the brown fox", 4).hashes,
            word_ngrams("the quick brown fox", 4).hashes);
  EXPECT_NE(word_ngrams("ab c", 2).hashes, word_ngrams("a bc", 2).hashes);
}

TEST(WordNgrams, TooFewWordsHaveNone) {
  EXPECT_TRUE(word_ngrams("one two", 3).hashes.empty());
  EXPECT_EQ(word_ngrams("one two", 3).words.size(), 2u);
  EXPECT_TRUE(word_ngrams("", 1).hashes.empty());
  EXPECT_TRUE(word_ngrams("one", 0).hashes.empty());
  EXPECT_EQ(word_ngrams("one two", 2).hashes.size(), 1u);
}

TEST(WordNgrams, HashesOfDifferentRunsDiffer) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i) + ' ';
  const WordNgrams grams = word_ngrams(text, 2);
  EXPECT_EQ(std::set<uint64_t>(grams.hashes.begin(), grams.hashes.end()).size(), 19999u);
}

}  // namespace
}  // namespace twin
