#include "engine/generate/step_cost.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace twin {
namespace {

TEST(StepCost, LearnsWhatAnotherTokenCosts) {
  for (const double each : {0.05, 0.3, 0.9}) {
    StepCost cost;
    Random random(1);
    for (int i = 0; i < 200; ++i) {
      const size_t tokens = 1 + random.below(8);
      const double noise = 0.9 + 0.2 * random.uniform();
      cost.tell(tokens, 1e-3 * noise * (1 - each + each * static_cast<double>(tokens)));
    }
    EXPECT_NEAR(cost.of_one_more(1), each, 0.08);
    // Beside seven others a token's share of the step is what it would save.
    EXPECT_NEAR(cost.of_one_more(8), 8 * each / (1 + 7 * each), 0.08);
  }
}

TEST(StepCost, IsDearUntilSeveralTokensHaveBeenSeenTogether) {
  StepCost cost;
  const double unknown = cost.of_one_more(1);
  EXPECT_GT(unknown, 0.5);
  for (int i = 0; i < 100; ++i) cost.tell(1, 0.02);
  EXPECT_NEAR(cost.of_one_more(1), unknown, 1e-6);
}

TEST(StepCost, OneStalledStepChangesLittle) {
  StepCost cost;
  for (int i = 0; i < 60; ++i) {
    const size_t tokens = 1 + static_cast<size_t>(i % 4);
    cost.tell(tokens, 0.8 + 0.2 * static_cast<double>(tokens));
  }
  const double before = cost.of_one_more(1);
  cost.tell(4, 1000);
  EXPECT_NEAR(cost.of_one_more(1), before, 0.2);
  cost.tell(1, 0);
  EXPECT_GT(cost.of_one_more(1), 0);
}

}  // namespace
}  // namespace twin
