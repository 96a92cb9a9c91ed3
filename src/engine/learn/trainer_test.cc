#include "engine/learn/trainer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "engine/learn/next_token.h"
#include "engine/learn/sequence_loss.h"
#include "engine/learn/training_forecast.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

DecoderConfig tiny() {
  return {.vocab_size = 23,
          .hidden_size = 16,
          .intermediate_size = 32,
          .num_hidden_layers = 2,
          .num_attention_heads = 4,
          .num_key_value_heads = 2,
          .head_dim = 4,
          .max_position_embeddings = 64};
}

std::vector<TrainingSequence> some_sequences(size_t count, uint64_t seed) {
  Random random(seed);
  std::vector<TrainingSequence> sequences(count);
  for (TrainingSequence& sequence : sequences) {
    const size_t length = 3 + random.below(20);
    for (size_t i = 0; i < length; ++i) {
      sequence.tokens.push_back(static_cast<int32_t>(random.below(23)));
      sequence.loss_mask.push_back(i < length / 3 ? 0 : 1);
    }
  }
  return sequences;
}

TrainerOptions quick(size_t steps) {
  TrainerOptions options;
  options.steps = steps;
  options.batch_tokens = 40;
  options.accumulate = 2;
  options.adamw.learning_rate = 1e-2f;
  options.adamw.weight_decay = 0.01f;
  options.warmup_steps = 3;
  options.checkpoint_every = 5;
  return options;
}

std::string bytes_of(std::span<const float> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

// What is trained: the weights in full, or an adapter over them.
class Training : public ::testing::TestWithParam<bool> {
 protected:
  Training()
      : folder_(fs::path(::testing::TempDir()) /
                ("twin_trainer_test." + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Training() override { fs::remove_all(folder_); }

  // A run of its own model from the same start; returns the trained bytes.
  std::string train(const TrainerOptions& options, const std::string& key,
                    const std::function<void(const StepReport&)>& on_step = nullptr,
                    size_t threads = 2) {
    QuietContext context(threads);
    return train(context, options, key, on_step);
  }
  std::string train(Context& context, const TrainerOptions& options, const std::string& key,
                    const std::function<void(const StepReport&)>& on_step = nullptr) {
    DecoderWeights weights(tiny());
    initialize(weights, 1);
    const std::string frozen = bytes_of(weights.flat());
    LoraAdapter adapter(tiny(), lora_);
    initialize(adapter, 2);
    start_magnitudes(context, adapter, weights.tensors());
    update_norms(context, adapter, weights.tensors());
    LoraAdapter* trained = GetParam() ? &adapter : nullptr;
    const Trainee trainee = trained ? Trainee(weights.tensors(), adapter) : Trainee(weights);
    Trainer trainer(context, kernels_, trainee, options);
    NextTokenObjective objective(sequences_);
    trainer.run(objective, folder_, key, on_step);
    if (!GetParam()) return bytes_of(weights.flat());
    EXPECT_EQ(bytes_of(weights.flat()), frozen) << "base weights stay as they are";
    return bytes_of(adapter.flat());
  }
  // As after kill -9 in the step after `steps`: an error nobody expects.
  void train_and_die(const TrainerOptions& options, const std::string& key, size_t steps) {
    EXPECT_THROW(train(options, key,
                       [&](const StepReport& report) {
                         if (report.step > steps) throw std::runtime_error("killed");
                       }),
                 std::runtime_error);
  }

  LoraConfig lora_ = {.r = 4, .lora_alpha = 8};
  fs::path folder_;
  fs::path checkpoint_ = folder_ / "checkpoint.safetensors";
  const kernels::Kernels& kernels_ = kernels::choose_kernels("");
  std::vector<TrainingSequence> sequences_ = some_sequences(15, 1);
};

TEST_P(Training, SameSeedGivesTheSameBits) {
  const std::string first = train(quick(12), "a");
  EXPECT_EQ(train(quick(12), "b"), first);
  TrainerOptions other = quick(12);
  other.seed = 2;
  EXPECT_NE(train(other, "c"), first);
}

// Stopped within an epoch, at the end of one, and past several.
TEST_P(Training, ResumedRunEndsWithTheBitsOfOneNeverStopped) {
  std::vector<std::string> steps;
  const auto note = [&](const StepReport& r) {
    steps.push_back(std::to_string(r.step) + ": " + std::to_string(r.loss) + " " +
                    std::to_string(r.learning_rate) + " " + std::to_string(r.grad_norm));
  };
  for (size_t every = 1; every <= 5; ++every) {
    TrainerOptions options = quick(16);
    options.checkpoint_every = every;
    const std::string key = "every " + std::to_string(every);
    steps.clear();
    const std::string whole = train(options, key + ", whole", note);
    const auto whole_steps = steps;
    fs::remove(checkpoint_);
    for (size_t killed_after : {every + 1, size_t{8}, size_t{14}}) {
      train_and_die(options, key, killed_after);
    }
    steps.clear();
    EXPECT_EQ(train(options, key, note), whole) << key;
    ASSERT_EQ(steps.size(), 16 - 14 / every * every) << "steps after the last checkpoint alone";
    EXPECT_TRUE(std::equal(steps.rbegin(), steps.rend(), whole_steps.rbegin())) << key;
  }
}

// Whatever a step has of its own at random, and whatever the moments are kept in.
TEST_P(Training, ResumedRunOfEveryKindEndsWithTheSameBits) {
  TrainerOptions bytes = quick(12), noisy = quick(12);
  bytes.adamw.byte_moments = true;
  noisy.neftune_alpha = 5;
  noisy.pass.compute = kernels::Compute::kBf16;
  noisy.pass.recomputed_layers = 1;
  const std::string plain = train(quick(12), "plain");
  fs::remove(checkpoint_);
  for (const auto& [name, options] : {std::pair("bytes", bytes), std::pair("noisy", noisy)}) {
    for (const LoraConfig& lora : {LoraConfig{.r = 4, .lora_alpha = 8, .lora_dropout = 0.3f},
                                   LoraConfig{.r = 4, .lora_alpha = 8, .use_dora = true}}) {
      lora_ = lora;
      const std::string whole = train(options, name + std::string(", whole"));
      EXPECT_NE(whole, plain);
      fs::remove(checkpoint_);
      train_and_die(options, name, 7);
      size_t first = 0;
      EXPECT_EQ(
          train(options, name, [&](const StepReport& r) { first = first == 0 ? r.step : first; }),
          whole)
          << name;
      EXPECT_EQ(first, 6u);
      fs::remove(checkpoint_);
    }
  }
}

TEST_P(Training, Bf16CurveOfFiftyStepsIsWithinAHundredthOfF32s) {
  const auto losses = [&](kernels::Compute compute) {
    TrainerOptions options = quick(50);
    options.pass.compute = compute;
    std::vector<double> found;
    fs::remove(checkpoint_);
    train(options, "curve", [&](const StepReport& report) { found.push_back(report.loss); });
    return found;
  };
  const std::vector<double> exact = losses(kernels::Compute::kF32);
  const std::vector<double> rounded = losses(kernels::Compute::kBf16);
  ASSERT_EQ(exact.size(), 50u);
  ASSERT_EQ(rounded.size(), 50u);
  EXPECT_LT(exact.back(), 0.98 * exact.front()) << "something is learnt";
  EXPECT_NE(rounded, exact);
  for (size_t i = 0; i < 50; ++i) EXPECT_NEAR(rounded[i], exact[i], 0.01 * exact[i]) << i;
}

TEST_P(Training, InterruptedRunSavesItselfAndGoesOn) {
  TrainerOptions options = quick(16);
  options.checkpoint_every = 100;
  const std::string whole = train(options, "whole");
  EXPECT_FALSE(fs::exists(checkpoint_));

  QuietContext quiet(2);
  const Context& parts = quiet.context();
  std::atomic<bool> interrupted = false;
  Context context{parts.threads, parts.log, parts.progress, parts.clock, interrupted};
  size_t steps = 0;
  try {
    train(context, options, "key",
          [&](const StepReport& r) { interrupted = (steps = r.step) == 7; });
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInterrupted);
  }
  EXPECT_EQ(steps, 7u);
  size_t first = 0;
  const auto note = [&](const StepReport& r) { first = first == 0 ? r.step : first; };
  EXPECT_EQ(train(options, "key", note), whole);
  EXPECT_EQ(first, 8u);
}

TEST_P(Training, FinishedRunIsNotDoneAgain) {
  const std::string whole = train(quick(10), "key");
  size_t steps = 0;
  EXPECT_EQ(train(quick(10), "key", [&](const StepReport&) { ++steps; }), whole);
  EXPECT_EQ(steps, 0u);
}

// A damaged checkpoint, another run's, or an empty file: the run starts over and ends the same.
TEST_P(Training, CheckpointThatCannotBeGoneOnFromIsAsNone) {
  const std::string whole = train(quick(8), "key");
  const std::string sound = read_file(checkpoint_);
  std::string flipped = sound;
  flipped[flipped.size() / 2] ^= 1;
  for (const std::string& bytes : {sound.substr(0, sound.size() - 1), sound.substr(0, 100),
                                   std::string(), std::string(500, '\xff'), flipped}) {
    write_file_atomic(checkpoint_, bytes);
    size_t steps = 0;
    EXPECT_EQ(train(quick(8), "key", [&](const StepReport&) { ++steps; }), whole);
    EXPECT_EQ(steps, 8u);
  }
  size_t steps = 0;
  EXPECT_EQ(train(quick(8), "another key", [&](const StepReport&) { ++steps; }), whole);
  EXPECT_EQ(steps, 8u);
}

TEST_P(Training, EachEpochTakesEverySequenceOnce) {
  TrainerOptions options = quick(1000);
  options.accumulate = 1000;  // a step is an epoch
  options.steps = 3;
  size_t tokens = 0;
  for (const TrainingSequence& sequence : sequences_) tokens += sequence.tokens.size() - 1;
  size_t steps = 0;
  train(options, "key", [&](const StepReport& report) {
    EXPECT_EQ(report.tokens, tokens);
    EXPECT_EQ(report.step, ++steps);
  });
  EXPECT_EQ(steps, 3u);
}

INSTANTIATE_TEST_SUITE_P(Trainer, Training, ::testing::Bool(), [](const auto& tested) {
  return std::string(tested.param ? "OfAnAdapter" : "OfAllWeights");
});

class TrainerOnEachIsa : public ::testing::TestWithParam<const kernels::Kernels*> {
 protected:
  fs::path folder_ =
      fs::path(::testing::TempDir()) / ("twin_trainer_isa_test." + std::to_string(::getpid()));
  ~TrainerOnEachIsa() override { fs::remove_all(folder_); }
};

TEST_P(TrainerOnEachIsa, OneBatchIsLearntByHeart) {
  const auto sequences = some_sequences(3, 5);
  QuietContext context(2);
  DecoderWeights weights(tiny());
  initialize(weights, 1);
  TrainerOptions options;
  options.steps = 250;
  options.batch_tokens = 100;
  options.adamw.learning_rate = 2e-2f;
  options.checkpoint_every = 1000;
  const double before =
      evaluate_loss(context, *GetParam(), weights.tensors(), nullptr, sequences, 100);
  EXPECT_NEAR(before, std::log(23.0), 0.1) << "at first any token is as likely";
  double first = 0;
  NextTokenObjective objective(sequences);
  Trainer(context, *GetParam(), Trainee(weights), options)
      .run(objective, folder_, "key", [&](const StepReport& report) {
        if (report.step == 1) first = report.loss;
      });
  EXPECT_NEAR(first, before, 1e-5) << "training and evaluation count the same loss";
  EXPECT_LT(evaluate_loss(context, *GetParam(), weights.tensors(), nullptr, sequences, 100), 0.05);
}

INSTANTIATE_TEST_SUITE_P(Trainer, TrainerOnEachIsa,
                         ::testing::ValuesIn(kernels::available_kernels()),
                         [](const auto& tested) { return std::string(tested.param->name); });

// Two micro-batches in one step are one batch of both: each counted token weighs the same.
TEST(Trainer, AccumulationEqualsTheLargerBatch) {
  std::vector<TrainingSequence> sequences = some_sequences(2, 9);
  sequences[0].loss_mask.assign(sequences[0].tokens.size(), 0);
  sequences[0].loss_mask.back() = 1;  // one counted token against many
  const fs::path folder = fs::path(::testing::TempDir()) /
                          ("twin_trainer_accumulation_test." + std::to_string(::getpid()));
  const auto trained = [&](size_t batch_tokens, size_t accumulate) {
    QuietContext context;
    DecoderWeights weights(tiny());
    initialize(weights, 1);
    TrainerOptions options;
    options.steps = 1;
    options.batch_tokens = batch_tokens;
    options.accumulate = accumulate;
    options.max_grad_norm = 0;
    StepReport last;
    NextTokenObjective objective(sequences);
    Trainer(context, kernels::choose_kernels("scalar"), Trainee(weights), options)
        .run(objective, folder, "", [&](const StepReport& report) { last = report; });
    return last;
  };
  const size_t longest = std::max(sequences[0].tokens.size(), sequences[1].tokens.size()) - 1;
  const StepReport apart = trained(longest, 2), together = trained(100, 1);
  EXPECT_EQ(apart.tokens, together.tokens);
  EXPECT_NEAR(apart.loss, together.loss, 1e-6);
  EXPECT_NEAR(apart.grad_norm, together.grad_norm, 1e-5 * together.grad_norm);
  fs::remove_all(folder);
}

TEST(Trainer, SequencesThatCannotBeLearntAreRefused) {
  QuietContext context;
  DecoderWeights weights(tiny());
  initialize(weights, 1);
  const std::string before = bytes_of(weights.flat());
  const fs::path folder =
      fs::path(::testing::TempDir()) / ("twin_trainer_refusal_test." + std::to_string(::getpid()));
  const auto refused = [&](const std::vector<TrainingSequence>& sequences, size_t batch_tokens) {
    TrainerOptions options;
    options.batch_tokens = batch_tokens;
    Trainer trainer(context, kernels::choose_kernels("scalar"), Trainee(weights), options);
    NextTokenObjective objective(sequences);
    try {
      trainer.run(objective, folder, "", nullptr);
      return false;
    } catch (const Error& error) {
      return error.code() == ErrorCode::kBadInput;
    }
  };
  const auto of_length = [](size_t length) {
    return TrainingSequence{std::vector<int32_t>(length, 1), std::vector<uint8_t>(length, 1)};
  };
  EXPECT_TRUE(refused({}, 100));
  EXPECT_TRUE(refused({of_length(1), of_length(0)}, 100)) << "nothing to predict";
  EXPECT_TRUE(refused({of_length(21)}, 19)) << "longer than a batch";
  EXPECT_TRUE(refused({of_length(66)}, 100)) << "longer than the model";
  EXPECT_EQ(bytes_of(weights.flat()), before);
}

TEST(SequenceLosses, AddUpToTheMeanWhateverTheBatches) {
  const auto sequences = some_sequences(9, 4);
  QuietContext context(2);
  DecoderWeights weights(tiny());
  initialize(weights, 3);
  const auto& kernels = kernels::choose_kernels("");
  const auto apart = sequence_losses(context, kernels, weights.tensors(), nullptr, sequences, 22);
  const auto together =
      sequence_losses(context, kernels, weights.tensors(), nullptr, sequences, 1000);
  double sum = 0;
  size_t tokens = 0;
  for (size_t i = 0; i < sequences.size(); ++i) {
    EXPECT_EQ(apart[i].tokens, together[i].tokens);
    EXPECT_NEAR(apart[i].loss_sum, together[i].loss_sum, 1e-5);
    sum += apart[i].loss_sum;
    tokens += apart[i].tokens;
  }
  EXPECT_NEAR(evaluate_loss(context, kernels, weights.tensors(), nullptr, sequences, 1000),
              sum / static_cast<double>(tokens), 1e-6);
  EXPECT_EQ(evaluate_loss(context, kernels, weights.tensors(), nullptr, {}, 1000), 0);
}

// Losses that fall, then rise: what a run is stopped by, and ends with.
class Validated : public ::testing::Test {
 protected:
  Validated() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Validated() override { fs::remove_all(folder_); }

  // Trains; dies in the step after `killed_after` where that is not 0. Notes each step's weights.
  TrainingEnd train(const Validator& validator, size_t killed_after = 0) {
    DecoderWeights weights(tiny());
    initialize(weights, 1);
    NextTokenObjective objective(sequences_);
    Trainer trainer(context_, kernels::choose_kernels("scalar"), Trainee(weights), quick(12));
    const TrainingEnd end = trainer.run(
        objective, folder_, "key",
        [&](const StepReport& report) {
          step_ = report.step;
          if (killed_after > 0 && report.step > killed_after) throw std::runtime_error("killed");
          at_step_[report.step] = bytes_of(weights.flat());
        },
        validator);
    ended_ = bytes_of(weights.flat());
    return end;
  }
  Validator validator(size_t patience) {
    Validator result;
    result.every = 2;
    result.patience = patience;
    result.measure = [this] {
      return Validation{std::abs(static_cast<double>(step_) - 4.5), step_ >= 10 ? 0.5 : 0.0};
    };
    return result;
  }

  QuietContext context_;
  fs::path folder_ = fs::path(::testing::TempDir()) /
                     ("twin_trainer_validation_test." + std::to_string(::getpid()));
  std::vector<TrainingSequence> sequences_ = some_sequences(9, 6);
  size_t step_ = 0;
  std::map<size_t, std::string> at_step_;
  std::string ended_;
};

TEST_F(Validated, RunEndsWithTheBestParameters) {
  const TrainingEnd end = train(validator(0));
  EXPECT_EQ(end.steps, 12u);
  EXPECT_EQ(end.best_step, 4u);
  EXPECT_FALSE(end.stopped_early);
  EXPECT_EQ(ended_, at_step_[4]);
}

TEST_F(Validated, RunStopsWherePatienceEndsAndSoDoesOneGoneOnWith) {
  const Validator impatient = validator(2);  // 4 is best, 6 and 8 are no better
  EXPECT_THROW(train(impatient, 6), std::runtime_error);
  const TrainingEnd end = train(impatient);
  EXPECT_EQ(end.steps, 8u);
  EXPECT_TRUE(end.stopped_early);
  EXPECT_EQ(ended_, at_step_[4]);
  step_ = 0;
  EXPECT_EQ(train(impatient).best_step, 4u) << "nothing is done again";
  EXPECT_EQ(step_, 0u);
  EXPECT_EQ(ended_, at_step_[4]);
}

TEST_F(Validated, RunStopsWhereItCopiesTooMuch) {
  Validator validator = this->validator(0);
  validator.max_copied_share = 0.1;
  const TrainingEnd end = train(validator);
  EXPECT_EQ(end.steps, 10u);
  EXPECT_EQ(end.best_step, 4u);
}

TEST_F(Validated, DamagedBestParametersAreNotTaken) {
  train(validator(2));
  const fs::path best = folder_ / "checkpoint.best.safetensors";
  std::string bytes = read_file(best);
  bytes.back() ^= 1;
  write_file_atomic(best, bytes);
  EXPECT_THROW(train(validator(2)), Error);
}

// A disk, quota or limit that is reached while a checkpoint is written.
TEST_F(Validated, FullDiskLeavesTheCheckpointBefore) {
  train({});
  const std::string whole = ended_;
  fs::remove_all(folder_);
  fs::create_directories(folder_);
  EXPECT_THROW(train({}, 6), std::runtime_error);
  const fs::path file = folder_ / "checkpoint.safetensors";
  const std::string before = read_file(file);
  struct rlimit limit;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const struct rlimit full = {before.size() / 2, limit.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &full);
  try {
    train({});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kDoesNotFit);
    EXPECT_NE(std::string(error.what()).find("step 10"), std::string::npos) << error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(read_file(file), before);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
  train({});
  EXPECT_EQ(ended_, whole);
}

// A loss that is no number from its third micro-batch on.
struct BreakingObjective : NextTokenObjective {
  using NextTokenObjective::NextTokenObjective;
  ObjectiveLoss loss(Context& context, const kernels::Kernels& kernels, const PackedBatch& batch,
                     std::span<const float> hidden, const Matrix& lm_head,
                     const LossGradient& gradient) override {
    ObjectiveLoss result =
        NextTokenObjective::loss(context, kernels, batch, hidden, lm_head, gradient);
    if (++batches == 3) {
      broken = describe(batch);
      result.loss_sum = std::nan("");
    }
    return result;
  }
  size_t batches = 0;
  std::string broken;
};

TEST(Trainer, LossThatIsNoNumberStopsWithStepAndItems) {
  QuietContext context;
  DecoderWeights weights(tiny());
  initialize(weights, 1);
  const auto sequences = some_sequences(9, 1);
  BreakingObjective objective(sequences, [](size_t i) { return "line " + std::to_string(i + 1); });
  const fs::path folder =
      fs::path(::testing::TempDir()) / ("twin_trainer_nan_test." + std::to_string(::getpid()));
  fs::create_directories(folder);
  TrainerOptions options;
  options.batch_tokens = 30;
  options.checkpoint_every = 2;
  std::string after_two;
  Trainer trainer(context, kernels::choose_kernels("scalar"), Trainee(weights), options);
  try {
    trainer.run(objective, folder, "key",
                [&](const StepReport&) { after_two = bytes_of(weights.flat()); });
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kFailed);
    EXPECT_NE(std::string(error.what()).find("step 3: the loss is nan, on " + objective.broken),
              std::string::npos)
        << error.what();
    EXPECT_EQ(objective.broken.rfind("line ", 0), 0u);
  }
  EXPECT_EQ(bytes_of(weights.flat()), after_two) << "the failing step changed nothing";
  EXPECT_TRUE(fs::exists(folder / "checkpoint.safetensors")) << "of step 2";
  fs::remove_all(folder);
}

TEST(Forecast, SaysWhatARunTakesAndLeavesTheModelAsItIs) {
  QuietContext context(2);
  const auto& kernels = kernels::choose_kernels("");
  const auto sequences = some_sequences(9, 3);
  NextTokenObjective objective(sequences);
  DecoderWeights weights(tiny());
  initialize(weights, 1);
  LoraAdapter adapter(tiny(), {.r = 2});
  initialize(adapter, 1);
  const std::string before = bytes_of(weights.flat()), adapter_before = bytes_of(adapter.flat());
  TrainerOptions options;
  options.batch_tokens = 64;
  options.adamw.weight_decay = 0.1f;
  const Trainee all(weights), low_rank(weights.tensors(), adapter);
  const TrainingForecast full = forecast(context, kernels, all, objective, options);
  EXPECT_GT(full.shape_bytes, 4 * sizeof(float) * parameter_count(tiny()));
  EXPECT_GT(full.seconds_per_step, 0);
  EXPECT_GE(full.peak_bytes, full.shape_bytes);
  const auto refuse = [](size_t) { throw Error(ErrorCode::kDoesNotFit, "too much"); };
  EXPECT_THROW(forecast(context, kernels, all, objective, options, refuse), Error);
  EXPECT_LT(forecast(context, kernels, low_rank, objective, options).shape_bytes, full.shape_bytes);
  options.accumulate = 3;
  EXPECT_EQ(forecast(context, kernels, all, objective, options).shape_bytes, full.shape_bytes);
  EXPECT_EQ(bytes_of(weights.flat()), before);
  EXPECT_EQ(bytes_of(adapter.flat()), adapter_before);
}

}  // namespace
}  // namespace twin
