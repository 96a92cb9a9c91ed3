#include <gtest/gtest.h>
#include <unistd.h>

#include <barrier>
#include <cstring>
#include <map>
#include <thread>

#include "base/error.h"
#include "base/random.h"
#include "engine/learn/next_token.h"
#include "engine/learn/preference.h"
#include "engine/learn/trainer.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// Several processes, each a thread of this one.
class ThreadGroup {
 public:
  explicit ThreadGroup(size_t size) : barrier_(static_cast<ptrdiff_t>(size)), places_(size) {
    for (size_t rank = 0; rank < size; ++rank) {
      members_.push_back(std::make_unique<Member>(*this, rank));
    }
  }
  ProcessGroup& member(size_t rank) { return *members_[rank]; }

 private:
  class Member : public ProcessGroup {
   public:
    Member(ThreadGroup& group, size_t rank) : group_(group), rank_(rank) {}
    size_t rank() const override { return rank_; }
    size_t size() const override { return group_.members_.size(); }
    size_t local_size() const override { return size(); }
    void sum(std::span<float> values) override { sum_of(values); }
    void sum(std::span<double> values) override { sum_of(values); }
    void broadcast(std::span<std::byte> bytes) override {
      together(bytes.data());
      if (rank_ > 0) std::memcpy(bytes.data(), group_.places_[0], bytes.size());
      group_.barrier_.arrive_and_wait();
    }

   private:
    void together(void* values) {
      group_.places_[rank_] = values;
      group_.barrier_.arrive_and_wait();
    }
    template <class T>
    void sum_of(std::span<T> values) {
      together(values.data());
      std::vector<T> sums(values.size());
      for (void* place : group_.places_) {
        for (size_t i = 0; i < values.size(); ++i) sums[i] += static_cast<T*>(place)[i];
      }
      group_.barrier_.arrive_and_wait();
      std::copy(sums.begin(), sums.end(), values.begin());
      group_.barrier_.arrive_and_wait();
    }
    ThreadGroup& group_;
    size_t rank_;
  };

  std::barrier<> barrier_;
  std::vector<void*> places_;
  std::vector<std::unique_ptr<Member>> members_;
};

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

TrainingSequence some_sequence(Random& random) {
  TrainingSequence sequence;
  const size_t length = 3 + random.below(20);
  for (size_t i = 0; i < length; ++i) {
    sequence.tokens.push_back(static_cast<int32_t>(random.below(23)));
    sequence.loss_mask.push_back(i < length / 3 ? 0 : 1);
  }
  return sequence;
}

struct Outcome {
  std::vector<StepReport> steps;
  std::vector<float> trained;
  bool interrupted = false;
};

// What of a step is random or asked for.
struct Kind {
  std::string name;
  bool preference = false, full = false;
  float neftune_alpha = 0, lora_dropout = 0;
};

class DataParallel : public ::testing::TestWithParam<Kind> {
 protected:
  DataParallel() {
    Random random(7);
    for (size_t i = 0; i < 14; ++i) {
      sequences_.push_back(some_sequence(random));
      pairs_.push_back({some_sequence(random), some_sequence(random)});
      reference_.push_back({-3.0 * random.uniform(), -3.0 * random.uniform()});
    }
    fs::remove_all(folder_);
  }
  ~DataParallel() override { fs::remove_all(folder_); }

  // One process of a run. Each starts at weights of its own seed: the first one's count.
  Outcome process(ProcessGroup& group, size_t stop_after) {
    const Kind& kind = GetParam();
    QuietContext quiet(1);
    const Context& parts = quiet.context();
    std::atomic<bool> interrupted = false;
    Context context{parts.threads, parts.log, parts.progress, parts.clock, interrupted, group};
    DecoderWeights weights(tiny());
    initialize(weights, kind.full ? group.rank() + 1 : 1);
    LoraConfig lora{.r = 4, .lora_alpha = 8};
    lora.lora_dropout = kind.lora_dropout;
    LoraAdapter adapter(tiny(), lora);
    initialize(adapter, group.rank() + 1);
    const Trainee trainee = kind.full ? Trainee(weights) : Trainee(weights.tensors(), adapter);
    TrainerOptions options;
    options.steps = 9;
    options.batch_tokens = kind.preference ? 90 : 70;
    options.accumulate = 2;
    options.adamw.learning_rate = 1e-2f;
    options.checkpoint_every = 100;
    options.neftune_alpha = kind.neftune_alpha;
    NextTokenObjective next_token(sequences_);
    PreferenceObjective preference(pairs_, reference_, {});
    Objective& objective = kind.preference ? static_cast<Objective&>(preference) : next_token;
    Outcome outcome;
    // Only one process is told to stop, as when a signal comes late to the others.
    const auto on_step = [&](const StepReport& report) {
      outcome.steps.push_back(report);
      if (report.step == stop_after && group.rank() + 1 == group.size()) interrupted = true;
    };
    // Only the first has the files.
    const fs::path folder = group.is_first() ? folder_ : folder_ / "nobody";
    Trainer trainer(context, kernels::choose_kernels(""), trainee, options);
    try {
      trainer.run(objective, folder, "key", on_step);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInterrupted);
      outcome.interrupted = true;
    }
    outcome.trained.assign(trainee.flat().begin(), trainee.flat().end());
    return outcome;
  }

  std::vector<Outcome> run(size_t processes, size_t stop_after = 0) {
    ThreadGroup group(processes);
    std::vector<Outcome> outcomes(processes);
    std::vector<std::thread> threads;
    for (size_t rank = 0; rank < processes; ++rank) {
      threads.emplace_back([&, rank] { outcomes[rank] = process(group.member(rank), stop_after); });
    }
    for (std::thread& thread : threads) thread.join();
    return outcomes;
  }

  fs::path folder_ =
      fs::path(::testing::TempDir()) / ("twin_data_parallel_test." + std::to_string(::getpid()));
  std::vector<TrainingSequence> sequences_;
  std::vector<PreferencePair> pairs_;
  std::vector<PairLogProbs> reference_;
};

void expect_same(const std::vector<StepReport>& some, const std::vector<StepReport>& expected) {
  ASSERT_EQ(some.size(), expected.size());
  for (size_t i = 0; i < some.size(); ++i) {
    EXPECT_EQ(some[i].tokens, expected[i].tokens);
    EXPECT_NEAR(some[i].loss, expected[i].loss, 2e-5 * (1 + std::abs(expected[i].loss))) << i;
    EXPECT_NEAR(some[i].grad_norm, expected[i].grad_norm, 1e-3 * expected[i].grad_norm) << i;
    ASSERT_EQ(some[i].figures.size(), expected[i].figures.size());
    for (size_t f = 0; f < some[i].figures.size(); ++f) {
      EXPECT_EQ(some[i].figures[f].first, expected[i].figures[f].first);
      EXPECT_NEAR(some[i].figures[f].second, expected[i].figures[f].second, 1e-4);
    }
  }
}

// Also more processes than a micro-batch has items: some have nothing to do then.
TEST_P(DataParallel, SeveralProcessesTakeTheStepsOfOne) {
  const std::vector<Outcome> alone = run(1);
  EXPECT_EQ(alone[0].steps.size(), 9u);
  for (const size_t processes : {2, 3, 7}) {
    fs::remove_all(folder_);
    const std::vector<Outcome> several = run(processes);
    expect_same(several[0].steps, alone[0].steps);
    for (const Outcome& outcome : several) {
      EXPECT_EQ(outcome.trained, several[0].trained) << "the same bits in each";
    }
  }
}

TEST_P(DataParallel, StoppedTogetherTheyGoOnTogether) {
  const std::vector<Outcome> whole = run(3);
  fs::remove_all(folder_);
  for (const Outcome& outcome : run(3, 4)) {
    EXPECT_TRUE(outcome.interrupted);
    EXPECT_EQ(outcome.steps.size(), 4u);
  }
  const std::vector<Outcome> rest = run(3);
  EXPECT_EQ(rest[0].steps.front().step, 5u);
  for (const Outcome& outcome : rest) EXPECT_EQ(outcome.trained, whole[0].trained);
  EXPECT_FALSE(fs::exists(folder_ / "nobody")) << "the first alone writes";
}

INSTANTIATE_TEST_SUITE_P(Trainer, DataParallel,
                         ::testing::Values(Kind{"Lora"}, Kind{"AllWeights", false, true},
                                           Kind{"Noisy", false, false, 5, 0.25f},
                                           Kind{"Preference", true}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace twin
