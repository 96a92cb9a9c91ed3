#include "engine/learn/packing.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace twin {
namespace {

TrainingSequence sequence(std::vector<int32_t> tokens, std::vector<uint8_t> mask) {
  return {std::move(tokens), std::move(mask)};
}

TEST(Packing, TargetsAreTheNextTokensThatCount) {
  const TrainingSequence sequences[] = {sequence({5, 6, 7, 8}, {1, 0, 1, 1})};
  const size_t order[] = {0};
  const auto batches = pack(sequences, order, 10);
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].tokens, (std::vector<int32_t>{5, 6, 7}));
  EXPECT_EQ(batches[0].targets, (std::vector<int32_t>{-1, 7, 8}));
  EXPECT_EQ(batches[0].counted(), 2u);
}

TEST(Packing, SequencesGoWholeIntoBatchesInTheOrderGiven) {
  const TrainingSequence sequences[] = {sequence({1, 1, 1}, {1, 1, 1}),
                                        sequence({2, 2, 2, 2}, {1, 1, 1, 1}), sequence({3}, {1}),
                                        sequence({4, 4, 4}, {1, 1, 1}), sequence({}, {})};
  const size_t order[] = {3, 2, 1, 4, 0};
  const auto batches = pack(sequences, order, 5);
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0].tokens, (std::vector<int32_t>{4, 4, 2, 2, 2}));
  EXPECT_EQ(batches[0].sequences, (std::vector<size_t>{3, 1}));
  ASSERT_EQ(batches[0].segments.size(), 2u);
  EXPECT_EQ(batches[0].segments[0].length, 2u);
  EXPECT_EQ(batches[0].segments[1].length, 3u);
  EXPECT_EQ(batches[1].tokens, (std::vector<int32_t>{1, 1}));
}

TEST(Packing, SequenceLongerThanABatchIsRefusedWithTheNumbers) {
  const TrainingSequence sequences[] = {
      sequence(std::vector<int32_t>(8, 1), std::vector<uint8_t>(8, 1))};
  const size_t order[] = {0};
  EXPECT_EQ(pack(sequences, order, 7).size(), 1u);
  try {
    pack(sequences, order, 6);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_STREQ(error.what(), "a training sequence has 7 tokens; a batch takes 6");
  }
}

}  // namespace
}  // namespace twin
