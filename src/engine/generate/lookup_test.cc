#include "engine/generate/lookup.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace twin {
namespace {

std::vector<int32_t> guess(Lookup& lookup, size_t room) {
  const auto tokens = lookup.guess(room);
  return {tokens.begin(), tokens.end()};
}

TEST(Lookup, GuessesWhatFollowedTheLongestMatch) {
  Lookup lookup(4);
  lookup.append(std::vector<int32_t>{1, 2, 3, 4, 5, 9, 2, 3, 7, 7, 1, 2, 3});
  EXPECT_EQ(guess(lookup, 3), (std::vector<int32_t>{4, 5, 9})) << "1 2 3, not the later 2 3";
  EXPECT_EQ(guess(lookup, 2), (std::vector<int32_t>{4, 5}));
  lookup.append(8);
  EXPECT_TRUE(guess(lookup, 4).empty()) << "3 8 stood nowhere";
}

TEST(Lookup, PrefersTheLastOccurrence) {
  Lookup lookup(1);
  lookup.append(std::vector<int32_t>{1, 2, 5, 1, 2, 6, 1, 2});
  EXPECT_EQ(guess(lookup, 9), (std::vector<int32_t>{6}));
}

TEST(Lookup, RestsWhereGuessesAreWrong) {
  Lookup lookup(8);
  Random random(1);
  size_t asked = 0;
  for (int i = 0; i < 2000; ++i) {
    lookup.append(static_cast<int32_t>(random.below(3)));
    if (!lookup.guess(8).empty()) ++asked;
    lookup.tell(0);
  }
  EXPECT_LT(asked, 200u);
  EXPECT_EQ(lookup.right(), 0u);
  EXPECT_TRUE(Lookup(0).guess(8).empty());
}

}  // namespace
}  // namespace twin
