#include "engine/learn/preference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/formats/model_folder.h"
#include "engine/learn/golden_gradients.h"
#include "engine/model/decoder.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(TWIN_SOURCE_DIR) / "tests/golden";

TrainingSequence sequence_of(const Json& json) { return {json.at("tokens"), json.at("mask")}; }

// A policy's losses and gradients of all pairs in one micro-batch.
struct Policy {
  QuietContext context{2};
  const kernels::Kernels& kernels = kernels::choose_kernels("");
  DecoderTensors tensors = open_model(kGolden / "chat_model");
  LoraAdapter adapter = load_adapter(kGolden / "training/dpo_adapter", tensors.config);
  LoraAdapter grads{tensors.config, adapter.lora()};

  ObjectiveLoss learn(PreferenceObjective& objective, PackedBatch& batch) {
    batch.set_adapter(&adapter);
    Decoder decoder(context, kernels, tensors);
    const ActivationsPtr activations = Decoder::make_activations();
    std::vector<float> hidden(batch.tokens.size() * tensors.config.hidden_size);
    std::vector<float> dhidden(hidden.size());
    decoder.forward(batch.batch(), hidden, activations.get());
    LossGradient gradient;
    gradient.scale = 1 / static_cast<float>(objective.counted(batch));
    gradient.dhidden = dhidden;
    const ObjectiveLoss loss =
        objective.loss(context, kernels, batch, hidden, tensors.lm_head, gradient);
    decoder.backward(batch.batch(), dhidden, *activations, nullptr, &grads);
    return loss;
  }
};

class EachLoss : public ::testing::TestWithParam<const char*> {};

// Source: TRL and PEFT, tests/golden/make_dpo_golden.py.
TEST_P(EachLoss, LossGradientsAndRewardsAreThoseOfTrl) {
  const fs::path file = kGolden / "training" / (std::string("dpo_") + GetParam() + ".json");
  const Json golden = parse_json(read_file(file), file.string());
  std::vector<PreferencePair> pairs;
  for (const Json& pair : golden.at("pairs")) {
    pairs.push_back({sequence_of(pair.at("chosen")), sequence_of(pair.at("rejected"))});
  }
  Policy policy;
  PreferenceOptions options;
  options.loss = preference_loss_named(GetParam());
  options.beta = golden.at("beta");
  PreferenceObjective objective(pairs,
                                reference_log_probs(policy.context, policy.kernels, policy.tensors,
                                                    pairs, 64, kernels::Compute::kF32),
                                options);
  std::vector<PackedBatch> batches = objective.pack(std::vector<size_t>{2, 0, 1}, 256);
  ASSERT_EQ(batches.size(), 1u);
  const ObjectiveLoss loss = policy.learn(objective, batches[0]);
  const double count = static_cast<double>(objective.counted(batches[0]));
  EXPECT_EQ(count, 3);
  const double expected_loss = golden.at("loss");
  EXPECT_NEAR(loss.loss_sum / count, expected_loss, 1e-5 * std::max(1.0, expected_loss));
  const std::vector<std::string> names = objective.figure_names();
  ASSERT_EQ(loss.figures.size(), names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    const double expected = golden.at("rewards").at(names[i]);
    EXPECT_NEAR(loss.figures[i] / count, expected, 1e-4) << names[i];
  }
  expect_gradients_of(kGolden / "training" / (std::string("dpo_") + GetParam() + ".safetensors"),
                      policy.grads.parameters());
}

INSTANTIATE_TEST_SUITE_P(Preference, EachLoss, ::testing::Values("sigmoid", "ipo", "sigmoid_norm"),
                         [](const auto& tested) { return std::string(tested.param); });

// Derivatives by differences, with everything switched on.
TEST(PairLoss, DerivativesAreThoseOfTheLoss) {
  for (PreferenceLoss kind :
       {PreferenceLoss::kSigmoid, PreferenceLoss::kIpo, PreferenceLoss::kNormalisedSigmoid}) {
    PreferenceOptions options;
    options.loss = kind;
    options.beta = 0.4f;
    options.label_smoothing = 0.1f;
    options.sft_weight = 0.7f;
    const auto at = [&](double chosen, double rejected) {
      return pair_loss(options, {chosen, rejected}, {-11, -7}, 4, 9);
    };
    const PairLoss here = at(-9, -8);
    const double step = 1e-5;
    EXPECT_NEAR((at(-9 + step, -8).loss - at(-9 - step, -8).loss) / (2 * step), here.dchosen, 1e-7);
    EXPECT_NEAR((at(-9, -8 + step).loss - at(-9, -8 - step).loss) / (2 * step), here.drejected,
                1e-7);
  }
}

TEST(PairLoss, StaysFiniteFarOut) {
  PreferenceOptions options;
  for (double far : {-1e5, 1e5}) {
    const PairLoss loss = pair_loss(options, {far, 0}, {0, 0}, 3, 3);
    EXPECT_TRUE(std::isfinite(loss.loss) && std::isfinite(loss.dchosen)) << far;
  }
}

TEST(PreferenceObjective, PairsStayTogetherAndFaultyOnesAreRefusedByName) {
  const auto answer = [](std::vector<int32_t> tokens) {
    TrainingSequence sequence{std::move(tokens), {}};
    sequence.loss_mask.assign(sequence.tokens.size(), 1);
    sequence.loss_mask[0] = 0;
    return sequence;
  };
  const std::vector<PreferencePair> pairs = {{answer({1, 2, 3}), answer({1, 4})},
                                             {answer({1, 5}), answer({1, 6, 7, 8})},
                                             {answer({1, 9, 9}), answer({1, 3, 3})}};
  const PreferenceObjective objective(pairs, std::vector<PairLogProbs>(3), {});
  const std::vector<size_t> order = {2, 0, 1};
  const auto batches = objective.pack(order, 7);
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0].sequences, (std::vector<size_t>{4, 5, 0, 1}));
  EXPECT_EQ(batches[1].sequences, (std::vector<size_t>{2, 3}));
  EXPECT_EQ(objective.describe(batches[0]), "pair 2, pair 0");
  const auto refused = [](const auto& run, const char* saying) {
    try {
      run();
      ADD_FAILURE() << "accepted; expected: " << saying;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      EXPECT_NE(std::string(error.what()).find(saying), std::string::npos) << error.what();
    }
  };
  refused([&] { objective.pack(order, 3); }, "pair 2: its two answers take 4 tokens");
  const std::vector<PreferencePair> same = {{answer({1, 2}), answer({1, 2})}};
  const std::vector<PreferencePair> empty = {{answer({1, 2}), answer({1})}};
  const auto name_of = [](size_t i) { return "line " + std::to_string(i + 1); };
  refused([&] { PreferenceObjective(same, {{}}, {}, name_of); },
          "line 1: chosen and rejected are the same");
  refused([&] { PreferenceObjective(empty, {{}}, {}, name_of); }, "line 1: an answer is empty");
}

}  // namespace
}  // namespace twin
