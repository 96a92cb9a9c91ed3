#include "text/search_terms.h"

#include <gtest/gtest.h>

namespace twin {
namespace {

using Terms = std::vector<std::string>;

TEST(SearchTerms, StopWordsAndRepetitionsAreLeftOut) {
  EXPECT_EQ(search_terms("Write a post about Vector databases and vector search, please!"),
            (Terms{"vector", "databases", "search"}));
  EXPECT_EQ(search_terms("What is 𝗥𝗔𝗚? Explain RAG."), (Terms{"rag", "explain"}));
}

TEST(SearchTerms, StopWordsAloneAreKept) {
  EXPECT_EQ(search_terms("To be or not to be"), (Terms{"to", "be", "or", "not"}));
  EXPECT_TRUE(search_terms("?!").empty());
  EXPECT_TRUE(search_terms("").empty());
}

TEST(SearchTerms, StopWordsAreFoldedWords) {
  for (const char* word : {"a", "about", "i", "don't", "it's", "your", "would", "the"}) {
    EXPECT_TRUE(is_stop_word(word)) << word;
  }
  for (const char* word : {"", "The", "vector", "zebra"}) EXPECT_FALSE(is_stop_word(word)) << word;
}

}  // namespace
}  // namespace twin
