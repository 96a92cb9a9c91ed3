#include "engine/learn/adamw.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace twin {
namespace {

std::vector<float> normals(size_t count, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& x : values) x = static_cast<float>(random.normal());
  return values;
}

// Algorithm 2 of arXiv:1711.05101, line by line, in double.
struct ReferenceAdamW {
  std::vector<double> p, m, v;
  int t = 0;
  void step(const AdamWOptions& o, const std::vector<float>& g, size_t decayed) {
    ++t;
    for (size_t i = 0; i < p.size(); ++i) {
      m[i] = o.beta1 * m[i] + (1 - static_cast<double>(o.beta1)) * g[i];
      v[i] = o.beta2 * v[i] + (1 - static_cast<double>(o.beta2)) * g[i] * g[i];
      const double m_hat = m[i] / (1 - std::pow(o.beta1, t));
      const double v_hat = v[i] / (1 - std::pow(o.beta2, t));
      const double decay = i < decayed ? o.weight_decay : 0;
      p[i] -= o.learning_rate * (m_hat / (std::sqrt(v_hat) + o.eps) + decay * p[i]);
    }
  }
};

// A matrix, which decays, and a vector, which does not; long enough for several threads.
TEST(AdamW, StepsAgreeWithTheDefinitionInDouble) {
  const size_t matrix = 3 * 5000, vector = 700, size = matrix + vector;
  std::vector<float> flat = normals(size, 1);
  const std::vector<Parameter> parameters = {{"matrix", {3, 5000}, std::span(flat).first(matrix)},
                                             {"vector", {700}, std::span(flat).subspan(matrix)}};
  ReferenceAdamW reference{
      {flat.begin(), flat.end()}, std::vector<double>(size), std::vector<double>(size)};
  AdamWOptions options;
  options.learning_rate = 0.01f;
  options.weight_decay = 0.1f;
  AdamWState state;
  QuietContext context(3);
  for (uint64_t step = 0; step < 20; ++step) {
    const std::vector<float> grad = normals(size, 100 + step);
    options.learning_rate *= 0.95f;
    adamw_step(context, options, flat, grad, parameters, state);
    reference.step(options, grad, matrix);
  }
  EXPECT_EQ(state.step, 20u);
  // Each step moves a value by about the rate, 1e-2, with a few roundings of 6e-8 relative error.
  for (size_t i = 0; i < size; ++i) {
    ASSERT_NEAR(flat[i], reference.p[i], 1e-6 * (1 + std::abs(reference.p[i]))) << i;
    ASSERT_NEAR(state.m[i], reference.m[i], 1e-6) << i;
    ASSERT_NEAR(state.v[i], reference.v[i], 1e-6) << i;
  }
}

// A noisy bowl: in 8 bits the way down is as short as in 32, within a few hundredths.
TEST(AdamW, MomentsInBytesLeadToTheSamePlace) {
  const size_t size = 3 * 700 + 50;  // blocks that are not full, and two parameters
  const std::vector<float> goal = normals(size, 1);
  const auto distance_after = [&](bool byte_moments, size_t steps, AdamWState& state) {
    std::vector<float> flat(size);
    const std::vector<Parameter> parameters = {{"matrix", {3, 700}, std::span(flat).first(2100)},
                                               {"vector", {50}, std::span(flat).subspan(2100)}};
    AdamWOptions options;
    options.byte_moments = byte_moments;
    options.learning_rate = 0.02f;
    QuietContext context(2);
    for (uint64_t step = 0; step < steps; ++step) {
      std::vector<float> grad = normals(size, 100 + step);
      for (size_t i = 0; i < size; ++i) grad[i] = 0.3f * grad[i] + flat[i] - goal[i];
      adamw_step(context, options, flat, grad, parameters, state);
    }
    double sum = 0;
    for (size_t i = 0; i < size; ++i) sum += std::pow(flat[i] - goal[i], 2);
    return std::sqrt(sum / static_cast<double>(size));
  };
  for (const size_t steps : {20, 300}) {
    AdamWState in_floats, in_bytes;
    const double exact = distance_after(false, steps, in_floats);
    EXPECT_NEAR(distance_after(true, steps, in_bytes), exact, 0.05 * exact) << steps;
    EXPECT_TRUE(in_bytes.m.empty() && in_bytes.v.empty());
    EXPECT_EQ(in_bytes.byte_m.codes.size(), size);
    EXPECT_EQ(in_bytes.byte_v.scales.size(), 9u + 1);
  }
}

TEST(AdamW, FirstStepMovesByTheRateAgainstTheGradient) {
  std::vector<float> flat = {1, 1, 1, 1};
  const std::vector<float> grad = {1e-3f, -1e3f, 5, 0};
  const std::vector<Parameter> parameters = {{"vector", {4}, flat}};
  AdamWState state;
  QuietContext context;
  AdamWOptions options;
  options.learning_rate = 0.1f;
  adamw_step(context, options, flat, grad, parameters, state);
  EXPECT_NEAR(flat[0], 0.9, 1e-5);
  EXPECT_NEAR(flat[1], 1.1, 1e-6);
  EXPECT_NEAR(flat[2], 0.9, 1e-6);
  EXPECT_EQ(flat[3], 1);
}

TEST(AdamW, ThreadsChangeNoBit) {
  std::vector<float> one = normals(50'000, 1), four = one;
  const std::vector<float> grad = normals(50'000, 2);
  AdamWState state_one, state_four;
  adamw_step(QuietContext(1), {}, one, grad, {{"m", {500, 100}, one}}, state_one);
  adamw_step(QuietContext(4), {}, four, grad, {{"m", {500, 100}, four}}, state_four);
  EXPECT_EQ(one, four);
}

TEST(ClipGradients, LongOnesAreShortenedAndShortOnesLeft) {
  QuietContext context(2);
  std::vector<float> grad = {3, 0, -4};
  EXPECT_DOUBLE_EQ(clip_gradients(context, grad, 10), 5);
  EXPECT_DOUBLE_EQ(clip_gradients(context, grad, 5), 5);
  EXPECT_DOUBLE_EQ(clip_gradients(context, grad, 0), 5) << "0: no limit";
  EXPECT_EQ(grad, (std::vector<float>{3, 0, -4}));
  EXPECT_DOUBLE_EQ(clip_gradients(context, grad, 1), 5);
  EXPECT_FLOAT_EQ(grad[0], 0.6f);
  EXPECT_EQ(grad[1], 0);
  EXPECT_FLOAT_EQ(grad[2], -0.8f);
  std::vector<float> zeros(3);
  EXPECT_EQ(clip_gradients(context, zeros, 1), 0);
  EXPECT_EQ(zeros, std::vector<float>(3));
  EXPECT_EQ(clip_gradients(context, {}, 1), 0);
}

TEST(ClipGradients, NormIsSummedInDoubleAndAlikeOnAnyThreads) {
  const std::vector<float> values = normals(100'000, 3);
  double sum = 0;
  for (float x : values) sum += static_cast<double>(x) * x;
  std::vector<float> first = values;
  QuietContext one(1);
  const double norm = clip_gradients(one, first, 1);
  EXPECT_NEAR(norm, std::sqrt(sum), 1e-9);
  double after = 0;
  for (float x : first) after += static_cast<double>(x) * x;
  EXPECT_NEAR(std::sqrt(after), 1, 1e-6);
  for (size_t threads : {2, 3, 5}) {
    std::vector<float> again = values;
    QuietContext context(threads);
    EXPECT_EQ(clip_gradients(context, again, 1), norm);
    EXPECT_EQ(again, first);
  }
}

TEST(LearningRate, WarmUpRisesToThePeak) {
  for (Schedule schedule : {Schedule::kConstant, Schedule::kLinear, Schedule::kCosine}) {
    EXPECT_FLOAT_EQ(learning_rate_at(schedule, 2, 0, 100, 4), 0.5f) << "never a step at 0";
    EXPECT_FLOAT_EQ(learning_rate_at(schedule, 2, 1, 100, 4), 1.0f);
    EXPECT_FLOAT_EQ(learning_rate_at(schedule, 2, 3, 100, 4), 2.0f);
    EXPECT_FLOAT_EQ(learning_rate_at(schedule, 2, 4, 100, 4), 2.0f);
    EXPECT_FLOAT_EQ(learning_rate_at(schedule, 2, 0, 100, 0), 2.0f) << "no warm-up";
    EXPECT_FLOAT_EQ(learning_rate_at(schedule, 2, 2, 4, 4), 1.5f) << "nothing but warm-up";
    EXPECT_FLOAT_EQ(learning_rate_at(schedule, 2, 9, 4, 4), 2.0f);
  }
}

TEST(LearningRate, ThenFollowsTheSchedule) {
  for (size_t step : {10, 50, 109, 500}) {
    EXPECT_FLOAT_EQ(learning_rate_at(Schedule::kConstant, 3, step, 110, 10), 3);
  }
  const auto linear = [](size_t step) {
    return learning_rate_at(Schedule::kLinear, 3, step, 110, 10, 0.2f);
  };
  EXPECT_FLOAT_EQ(linear(10), 3);
  EXPECT_FLOAT_EQ(linear(35), 3 * (0.2f + 0.8f * 0.75f));
  EXPECT_FLOAT_EQ(linear(60), 3 * (0.2f + 0.8f * 0.5f));
  EXPECT_FLOAT_EQ(linear(110), 3 * 0.2f);
  EXPECT_FLOAT_EQ(linear(1000), 3 * 0.2f) << "never below";
  const auto cosine = [](size_t step) {
    return learning_rate_at(Schedule::kCosine, 3, step, 110, 10, 0.2f);
  };
  EXPECT_FLOAT_EQ(cosine(10), 3);
  EXPECT_FLOAT_EQ(cosine(35), 3 * (0.2f + 0.8f * 0.5f * (1 + std::sqrt(0.5f))));
  EXPECT_FLOAT_EQ(cosine(60), 3 * (0.2f + 0.8f * 0.5f));
  EXPECT_FLOAT_EQ(cosine(110), 3 * 0.2f);
  EXPECT_FLOAT_EQ(cosine(1000), 3 * 0.2f);
  for (size_t step = 10; step < 110; ++step) {
    EXPECT_LE(cosine(step + 1), cosine(step));
    EXPECT_LE(linear(step + 1), linear(step));
  }
}

}  // namespace
}  // namespace twin
