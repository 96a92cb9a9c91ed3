#include "engine/generate/lookup.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace twin {
namespace {

constexpr double kCheap = 0.01;

std::vector<int32_t> guess(Lookup& lookup, size_t room, double cost = kCheap) {
  const auto tokens = lookup.guess(room, cost);
  return {tokens.begin(), tokens.end()};
}

TEST(Lookup, GuessesWhatFollowedTheLongestMatch) {
  Lookup lookup(4);
  lookup.begin(std::vector<int32_t>{1, 2, 3, 4, 5, 9, 2, 3, 7, 7, 1, 2, 3});
  EXPECT_EQ(guess(lookup, 3), (std::vector<int32_t>{4, 5, 9})) << "1 2 3, not the later 2 3";
  EXPECT_EQ(guess(lookup, 2), (std::vector<int32_t>{4, 5}));
  lookup.append(8);
  EXPECT_TRUE(guess(lookup, 4).empty()) << "3 8 stood nowhere";
}

TEST(Lookup, PrefersTheLastOccurrence) {
  Lookup lookup(1);
  lookup.begin(std::vector<int32_t>{1, 2, 5, 1, 2, 6, 1, 2});
  EXPECT_EQ(guess(lookup, 9), (std::vector<int32_t>{6}));
}

TEST(Lookup, StaysWithAPassageAsLongAsTheTextDoes) {
  Lookup lookup(2);
  lookup.begin(std::vector<int32_t>{1, 2, 5, 6, 7, 8, 9, 2, 5, 3, 1, 2});
  EXPECT_EQ(guess(lookup, 9), (std::vector<int32_t>{5, 6}));
  lookup.append(5);
  lookup.append(6);
  EXPECT_EQ(guess(lookup, 9), (std::vector<int32_t>{7, 8}));
}

// Wrong guesses cost nothing: it is known that they would be wrong, and none is handed out.
TEST(Lookup, HandsOutNothingWhereGuessesAreWrong) {
  Lookup lookup(8);
  Random random(1);
  size_t asked = 0;
  for (int i = 0; i < 4000; ++i) {
    if (!lookup.guess(8, 0.5).empty()) ++asked;
    lookup.tell(0);
    lookup.append(static_cast<int32_t>(random.below(3)));
  }
  EXPECT_LT(asked, 40u) << "one in three is right, and costs a half";
  EXPECT_EQ(lookup.right(), 0u);
  EXPECT_TRUE(Lookup(0).guess(8, kCheap).empty());
}

TEST(Lookup, HandsOutLongGuessesWhereTheyAreRight) {
  std::vector<int32_t> passage(200);
  for (size_t i = 0; i < passage.size(); ++i) passage[i] = static_cast<int32_t>(i * 37 % 101);
  Lookup lookup(12);
  lookup.begin(passage);
  size_t steps = 0;
  for (size_t i = 0; i < passage.size(); ++steps) {
    const std::vector<int32_t> tokens = guess(lookup, 12, 0.5);
    size_t right = 0;
    while (right < tokens.size() && i + right < passage.size() &&
           tokens[right] == passage[i + right]) {
      ++right;
    }
    lookup.tell(right);
    for (size_t j = 0; j <= right && i < passage.size(); ++j) lookup.append(passage[i++]);
  }
  EXPECT_LT(steps, 40u);
  EXPECT_GT(lookup.right(), 160u);
}

TEST(Lookup, GuessesShorterWhereTheyAreDearer) {
  Lookup lookup(15);
  std::vector<int32_t> prompt;
  for (int32_t i = 0; i < 40; ++i) prompt.push_back(i);
  for (const int32_t token : {1, 2, 3, 4}) prompt.push_back(token);
  lookup.begin(prompt);
  size_t last = 15;
  for (const double cost : {0.02, 0.1, 0.3, 0.6, 1.0}) {
    const size_t length = guess(lookup, 15, cost).size();
    EXPECT_LE(length, last) << cost;
    last = length;
  }
  EXPECT_EQ(last, 0u) << "nothing is won where a guess costs as much as a token";
}

}  // namespace
}  // namespace twin
