#include "training/train_preferences.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "training/run_record.h"
#include "training/train_examples.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

const fs::path kModel = fs::path(TWIN_SOURCE_DIR) / "tests/golden/chat_model";

class PreferenceRun : public ::testing::Test {
 protected:
  PreferenceRun() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    options_.base = kModel;
    options_.data = folder_ / "pairs.jsonl";
    options_.output = folder_ / "tuned";
    options_.run = folder_ / "run";
    options_.r = 4;
    options_.batch_tokens = 256;
    options_.learning_rate = 1e-2;
    options_.epochs = 6;
    options_.checkpoint_every = 2;
    std::string text;
    for (int i = 0; i < 10; ++i) {
      const std::string number = std::to_string(i);
      text += R"({"instruction": "Say )" + number + R"(", "chosen": "It is the number )" + number +
              R"(.", "rejected": "I will not say )" + number + R"(!"})" + "\n";
    }
    data(text);
  }
  ~PreferenceRun() override { fs::remove_all(folder_); }

  void data(const std::string& text) { write_file_atomic(options_.data, text); }
  bool train() { return train_on_preferences(context_, kernels_, options_); }
  std::string refusal(ErrorCode code) {
    try {
      train();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "not refused";
    return {};
  }
  std::string adapter_bytes() const {
    return read_file(options_.output / "adapter_model.safetensors");
  }
  // What the run noted of each step.
  std::vector<Json> steps() const {
    std::vector<Json> result;
    std::istringstream stream(read_file(options_.run / "metrics.jsonl"));
    for (std::string line; std::getline(stream, line);) {
      const Json json = parse_json(line, "metrics");
      if (json.contains("loss")) result.push_back(json);
    }
    return result;
  }

  QuietContext context_{2};
  const kernels::Kernels& kernels_ = kernels::choose_kernels("");
  fs::path folder_ =
      fs::path(::testing::TempDir()) / ("twin_preferences_test." + std::to_string(::getpid()));
  PreferenceTraining options_;
};

// Interrupts after every training step; counts how often the reference is computed.
class StopEachStep : public Progress {
 public:
  explicit StopEachStep(std::atomic<bool>& interrupted) : interrupted_(interrupted) {}
  size_t references() const { return references_; }
  std::unique_ptr<ProgressBar> start(std::string_view label, size_t) override {
    class Bar : public ProgressBar {
     public:
      explicit Bar(std::atomic<bool>* interrupted) : interrupted_(interrupted) {}
      void update(size_t, std::string_view) override {
        if (interrupted_ != nullptr) *interrupted_ = true;
      }
      void finish() override {}

     private:
      std::atomic<bool>* interrupted_;
    };
    const bool reference = label == "reference";
    references_ += reference ? 1 : 0;
    return std::make_unique<Bar>(reference ? nullptr : &interrupted_);
  }

 private:
  std::atomic<bool>& interrupted_;
  size_t references_ = 0;
};

TEST_F(PreferenceRun, AccuracyReachesOneAndMarginsGrow) {
  options_.validation_share = 0.2;
  ASSERT_TRUE(train());
  const Json record = read_run_record(options_.output);
  EXPECT_EQ(record["kind"], "dpo");
  EXPECT_EQ(record["dataset"]["pairs"], 8);
  EXPECT_EQ(record["dataset"]["validation_pairs"], 2);
  const Json& before = record["preference"]["before"];
  const Json& after = record["preference"]["after"];
  EXPECT_NEAR(before["margin"].get<double>(), 0, 1e-5) << "the policy starts as the reference";
  EXPECT_NEAR(before["loss"].get<double>(), std::log(2.0), 1e-5);
  EXPECT_GT(after["margin"], 0.5);
  EXPECT_EQ(after["accuracy"], 1);
  EXPECT_LT(after["loss"], before["loss"]);
  EXPECT_EQ(record["validation"]["accuracy"], 1);
  const std::vector<Json> noted = steps();
  ASSERT_GT(noted.size(), 4u);
  EXPECT_NEAR(noted.front()["rewards/margins"].get<double>(), 0, 1e-5);
  EXPECT_GT(noted.back()["rewards/margins"], 0.5);
  EXPECT_EQ(noted.back()["rewards/accuracies"], 1);
  ASSERT_NE(load_language_model(context_, kernels_, options_.output).adapter, nullptr);
  EXPECT_FALSE(train()) << "done before";
}

TEST_F(PreferenceRun, EveryLossLearnsTheOrder) {
  for (const PreferenceLoss loss : {PreferenceLoss::kIpo, PreferenceLoss::kNormalisedSigmoid}) {
    options_.preference.loss = loss;
    options_.preference.sft_weight = 0.1f;
    ASSERT_TRUE(train());
    EXPECT_EQ(read_run_record(options_.output)["preference"]["after"]["accuracy"], 1);
  }
  options_.lora = false;
  options_.learning_rate = 1e-3;
  ASSERT_TRUE(train());
  EXPECT_EQ(read_run_record(options_.output)["preference"]["after"]["accuracy"], 1);
  EXPECT_FALSE(fs::exists(options_.output / "adapter_model.safetensors"));
}

TEST_F(PreferenceRun, InterruptedRunEndsWithTheSameBitsAndItsReference) {
  options_.epochs = 3;
  ASSERT_TRUE(train());
  const std::string whole = adapter_bytes();
  const std::string reference = read_file(options_.run / "reference.json");
  fs::remove_all(options_.output);
  fs::remove_all(options_.run);

  // Stopped after every step until it is done.
  std::atomic<bool> interrupted = false;
  StopEachStep progress(interrupted);
  Context& quiet = context_;
  Context context{quiet.threads, quiet.log, progress, quiet.clock, interrupted};
  size_t stops = 0;
  for (bool done = false; !done && stops < 100;) {
    interrupted = false;
    try {
      done = train_on_preferences(context, kernels_, options_);
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::kInterrupted) << error.what();
      ++stops;
    }
  }
  EXPECT_GT(stops, 3u);
  EXPECT_EQ(progress.references(), 1u) << "computed once";
  EXPECT_EQ(adapter_bytes(), whole);
  EXPECT_EQ(read_file(options_.run / "reference.json"), reference);
}

TEST_F(PreferenceRun, ReferenceIsKeptForTheSamePairsAndModelAlone) {
  options_.epochs = 1;
  ASSERT_TRUE(train());
  const fs::path file = options_.run / "reference.json";
  Json kept = parse_json(read_file(file), "reference");
  kept["chosen"][0] = kept["chosen"][0].get<double>() + 1;
  const std::string marked = dump_json(kept) + "\n";
  write_file_atomic(file, marked);
  options_.preference.beta = 0.2f;
  ASSERT_TRUE(train());
  EXPECT_EQ(read_file(file), marked) << "taken as it stands";
  options_.bf16 = true;
  ASSERT_TRUE(train());
  EXPECT_NE(read_file(file), marked) << "other arithmetic";
  write_file_atomic(file, "{\"key\": \"");
  options_.preference.beta = 0.3f;
  ASSERT_TRUE(train());
  EXPECT_EQ(parse_json(read_file(file), "reference")["chosen"].size(), 10u) << "made again";
}

TEST_F(PreferenceRun, GoesOnFromAnAdapterAgainstTheBaseWithoutIt) {
  ExampleTraining sft;
  sft.base = kModel;
  sft.data = folder_ / "sft.jsonl";
  write_file_atomic(sft.data, R"({"instruction": "Say 1", "output": "It is the number 1."})"
                              "\n");
  sft.output = folder_ / "sft";
  sft.run = folder_ / "sft.run";
  sft.r = 2;
  sft.lora_dropout = 0.1;
  sft.epochs = 20;
  ASSERT_TRUE(train_on_examples(context_, kernels_, sft));
  options_.adapter = sft.output;
  ASSERT_TRUE(train());
  const Json record = read_run_record(options_.output);
  EXPECT_GT(record["preference"]["before"]["margin"], 0.01) << "it has learnt from SFT";
  EXPECT_EQ(record["preference"]["after"]["accuracy"], 1);
  const LanguageModel tuned = load_language_model(context_, kernels_, options_.output);
  EXPECT_EQ(tuned.adapter->r(), 2u);
  options_.lora = false;
  EXPECT_NE(refusal(ErrorCode::kUsage).find("merge it"), std::string::npos);
}

TEST_F(PreferenceRun, PairsThatDoNotFitAreNamedByLine) {
  const std::string good = R"({"prompt": "a", "chosen": "b", "rejected": "c"})"
                           "\n";
  const std::string longer(200, 'x');
  data(good + R"({"prompt": "a", "chosen": ")" + longer + R"(", "rejected": "c )" + longer +
       "\"}\n");
  const std::string what = refusal(ErrorCode::kBadInput);
  EXPECT_NE(what.find("1 of 2 samples do not fit"), std::string::npos) << what;
  EXPECT_NE(what.find("line 2: "), std::string::npos) << what;
  std::string text;
  const Json figures = preview_preferences(context_, kernels_, options_, {2, false}, text);
  EXPECT_EQ(figures["too_long_lines"], Json::array({2}));
  EXPECT_NE(text.find("rejected: "), std::string::npos) << text;
  EXPECT_GT(figures["forecast_peak_bytes"], 0);
  EXPECT_FALSE(fs::exists(options_.output));
  options_.batch_tokens = 2048;
  EXPECT_TRUE(train());
  options_.context = 64;
  EXPECT_NE(refusal(ErrorCode::kBadInput).find("line 2: "), std::string::npos);
}

}  // namespace
}  // namespace twin
