#include "text/minhash.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace twin {
namespace {

// Two sets of `size` of which `common` are in both.
std::pair<std::vector<uint64_t>, std::vector<uint64_t>> sets(size_t size, size_t common,
                                                             uint64_t seed) {
  std::vector<uint64_t> a, b;
  for (size_t i = 0; i < size; ++i) {
    a.push_back(seed * 1'000'000 + i);
    b.push_back(seed * 1'000'000 + i + (size - common));
  }
  return {a, b};
}

TEST(MinHash, EqualSetsHaveEqualSignatures) {
  const std::vector<uint64_t> once = {1, 2, 3}, twice = {3, 2, 2, 1, 3};
  EXPECT_EQ(min_hash(once), min_hash(twice));
  EXPECT_EQ(resemblance(min_hash(once), min_hash(std::vector<uint64_t>{4, 5, 6})), 0);
}

TEST(MinHash, EstimatesTheShareInCommon) {
  for (const size_t common : {20u, 100u, 200u, 300u, 380u}) {
    const double real = static_cast<double>(common) / static_cast<double>(800 - common);
    double sum = 0;
    for (uint64_t seed = 1; seed <= 50; ++seed) {
      const auto [a, b] = sets(400, common, seed);
      sum += resemblance(min_hash(a), min_hash(b));
    }
    // A standard error of 0.045 / sqrt(50), four times.
    EXPECT_NEAR(sum / 50, real, 0.026) << common;
  }
}

TEST(MinHash, LikePairsAreFoundAndFewOthers) {
  std::vector<MinHashSignature> signatures;
  constexpr size_t kPairs = 200;
  for (uint64_t seed = 1; seed <= kPairs; ++seed) {
    const auto [a, b] = sets(300, 240, seed);  // resemblance 0.67
    signatures.push_back(min_hash(a));
    signatures.push_back(min_hash(b));
  }
  size_t right = 0;
  const auto pairs = like_pairs(signatures);
  for (const auto& [i, j] : pairs) right += i % 2 == 0 && j == i + 1;
  EXPECT_EQ(right, kPairs);
  EXPECT_LT(pairs.size(), kPairs + 20);
  EXPECT_TRUE(like_pairs({}).empty());
}

}  // namespace
}  // namespace twin
