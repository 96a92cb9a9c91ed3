#include "training/train_own_preferences.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "models/language_model.h"
#include "training/datasets/own_pairs.h"
#include "training/evaluation/evaluate.h"
#include "training/evaluation/report_page.h"
#include "training/run_record.h"
#include "training/trained_workspace_for_test.h"

namespace twin {
namespace {

// A twin with an SFT model, ready for DPO.
class OwnPreferences : public TrainedWorkspace {
 protected:
  OwnPreferences() {
    // Trained once for all of these tests: the same store gives the same models.
    if (trained_.empty()) {
      tokenizer(f_);
      base(context_, f_);
      sft(context_, f_);
      trained_ = root_.string() + ".trained";
      fs::copy(root_ / "a", trained_, fs::copy_options::recursive);
    } else {
      fs::copy(trained_, root_ / "a", fs::copy_options::recursive);
    }
    dpo_.author_id = formal_;
    dpo_.batch_tokens = 512;
    dpo_.learning_rate = 5e-3;
    dpo_.epochs = 3;
    dpo_.checkpoint_every = 2;
    dpo_.passages = 8;
    dpo_.sampling.seed = 7;
  }

  static void TearDownTestSuite() { fs::remove_all(trained_); }

  bool dpo(Context& context, const TrainingFolders& f) {
    return train_dpo(context, kernels_, *store_, kShare, dpo_, f);
  }
  std::string refusal() {
    try {
      dpo(context_, f_);
    } catch (const Error& error) {
      return error.what();
    }
    return "not refused";
  }
  static fs::path pairs_of(const TrainingFolders& f) { return f.runs / "dpo" / "pairs.jsonl"; }

  static inline fs::path trained_;
  TrainingFolders f_ = folders("a");
  OwnPreferenceTraining dpo_;
};

TEST_F(OwnPreferences, ThePassageComesToBePreferredToWhatTheModelWrote) {
  ASSERT_TRUE(dpo(context_, f_));
  EXPECT_FALSE(dpo(context_, f_)) << "done before";
  const Json record = read_run_record(f_.dpo);
  EXPECT_EQ(record["kind"], "dpo");
  EXPECT_EQ(record["dataset"]["pairs"], 8);
  const Json& before = record["preference"]["before"];
  const Json& after = record["preference"]["after"];
  EXPECT_NEAR(before["margin"].get<double>(), 0, 1e-4) << "the reference is the SFT model";
  EXPECT_GT(after["margin"], 0);
  EXPECT_GT(after["accuracy"], 0.9);
  // One adapter over the same base, which loads by itself.
  EXPECT_EQ(fs::weakly_canonical(base_of_adapter(f_.dpo)), fs::weakly_canonical(f_.base));
  EXPECT_NE(load_language_model(context_, kernels_, f_.dpo).adapter, nullptr);
  EXPECT_TRUE(fs::exists(f_.dpo / "parity.json"));
}

TEST_F(OwnPreferences, AnswersAreAsLongAsThePassagesTheyStandBeside) {
  dpo_.passages = 0;
  dpo(context_, f_);
  const std::vector<OwnPair> pairs = load_own_pairs(pairs_of(f_), *store_);
  const OwnPairStatistics statistics = statistics_of(pairs);
  ASSERT_GT(statistics.pairs, 15u);
  EXPECT_NEAR(statistics.length_ratio, 1, 0.1);
  const LanguageModel model = load_language_model(context_, kernels_, f_.sft);
  for (const OwnPair& pair : pairs) {
    if (pair.rejected.empty()) continue;
    EXPECT_LE(pair.rejected_tokens, pair.chosen_tokens + pair.chosen_tokens / 4 + 8);
    EXPECT_GE(pair.rejected_tokens + pair.chosen_tokens / 4 + 8, pair.chosen_tokens);
    const PreferencePair tokens = tokens_of(*model.tokenizer, pair, 192);
    EXPECT_NE(tokens.chosen.tokens.back(), model.tokenizer->special_token(kEndToken));
    EXPECT_NE(tokens.rejected.tokens.back(), model.tokenizer->special_token(kEndToken));
  }
}

TEST_F(OwnPreferences, InterruptedAtEachStepItEndsWithTheSameBytes) {
  dpo(context_, f_);
  const std::string pairs = bytes(pairs_of(f_));
  std::map<std::string, std::string> whole;
  const auto files = {"adapter_model.safetensors", "adapter_config.json", "run.json", "parity.json",
                      "tokenizer.json"};
  for (const char* name : files) whole[name] = bytes(f_.dpo / name);
  fs::remove_all(f_.dpo);
  fs::remove_all(f_.runs / "dpo");
  EXPECT_GT(interrupted_again_and_again([&](Context& context) { dpo(context, f_); }), 3u);
  EXPECT_EQ(bytes(pairs_of(f_)), pairs);
  for (const char* name : files) EXPECT_EQ(bytes(f_.dpo / name), whole[name]) << name;
}

TEST_F(OwnPreferences, PairsThatAreThereAreNotDrawnAgain) {
  dpo(context_, f_);
  const std::string pairs = bytes(pairs_of(f_));
  // Half a line is lost with a kill; nothing else is.
  write_file_atomic(pairs_of(f_), pairs.substr(0, pairs.size() - 30));
  dpo_.preference.beta = 0.3f;  // another training on the same pairs
  EXPECT_TRUE(dpo(context_, f_));
  EXPECT_EQ(bytes(pairs_of(f_)), pairs);
  dpo_.sampling.seed = 8;
  EXPECT_TRUE(dpo(context_, f_));
  EXPECT_NE(bytes(pairs_of(f_)), pairs);
}

TEST_F(OwnPreferences, AChangedPassageIsRefused) {
  dpo(context_, f_);
  std::string lines = bytes(pairs_of(f_));
  const size_t chosen = lines.find("\"chosen\"");
  lines.replace(lines.find("varnish", chosen), 7, "Varnish");
  write_file_atomic(pairs_of(f_), lines);
  dpo_.preference.beta = 0.3f;
  const std::string what = refusal();
  EXPECT_NE(what.find("pairs.jsonl: line 1: "), std::string::npos) << what;
}

TEST_F(OwnPreferences, AModelOfAnotherSftIsStale) {
  EXPECT_EQ(dpo_state(f_.sft, f_.dpo), DpoState::kNone);
  dpo(context_, f_);
  EXPECT_EQ(dpo_state(f_.sft, f_.dpo), DpoState::kCurrent);
  sft_.seed = 2;
  sft(context_, f_);
  EXPECT_EQ(dpo_state(f_.sft, f_.dpo), DpoState::kStale);
  EXPECT_TRUE(dpo(context_, f_));
  EXPECT_EQ(dpo_state(f_.sft, f_.dpo), DpoState::kCurrent);
}

TEST_F(OwnPreferences, OverAFullyTrainedModelThereIsAFreshAdapter) {
  EXPECT_NE((dpo_.lora = false, refusal()).find("SFT left an adapter"), std::string::npos);
  dpo_.lora = true;
  sft_.lora = false;
  sft_.learning_rate = 1e-3;
  sft(context_, f_);
  ASSERT_TRUE(dpo(context_, f_));
  EXPECT_EQ(fs::weakly_canonical(base_of_adapter(f_.dpo)), fs::weakly_canonical(f_.sft));
  dpo_.lora = false;
  dpo_.learning_rate = 1e-3;
  ASSERT_TRUE(dpo(context_, f_));
  EXPECT_TRUE(fs::exists(f_.dpo / "model.safetensors"));
}

TEST_F(OwnPreferences, ValidationKeepsWholeDocumentsApart) {
  dpo_.passages = 0;
  dpo_.validation_share = 0.3;
  dpo(context_, f_);
  const Json record = read_run_record(f_.dpo);
  EXPECT_GT(record["dataset"]["validation_pairs"], 1);
  EXPECT_TRUE(record.contains("validation"));
}

TEST_F(OwnPreferences, APreviewTrainsAndKeepsNothing) {
  std::string text;
  const Json json = preview_dpo(context_, kernels_, *store_, kShare, dpo_, f_,
                                {.shown = 2, .color = false}, text);
  EXPECT_EQ(json["passages"], 8);
  EXPECT_GT(json["drawing_seconds"], 0);
  EXPECT_GT(json["steps"], 0);
  EXPECT_NE(text.find("rejected: "), std::string::npos) << text;
  EXPECT_FALSE(fs::exists(f_.dpo));
  EXPECT_FALSE(fs::exists(f_.runs / "dpo"));
}

TEST_F(OwnPreferences, EvaluationSaysHowOftenThePassageIsPreferred) {
  dpo(context_, f_);
  EvaluationOptions options;
  options.author_id = formal_;
  options.test_share = kShare;
  options.passages = 2;
  options.passage_words = 60;
  options.pairs = 6;
  options.sampling.max_new_tokens = 32;
  const EvaluationFolders where{f_.base, f_.sft, f_.runs / "evaluate", f_.dpo};
  const OrderedJson e = evaluate(context_, kernels_, *store_, options, where);
  const OrderedJson& preference = e["preference"];
  EXPECT_EQ(preference["answers"]["pairs"], 6);
  EXPECT_GT(preference["dpo"]["margin"], preference["sft"]["margin"]);
  EXPECT_GT(preference["dpo"]["reward"]["share"], 0.5);
  EXPECT_TRUE(preference["dpo_own"]["share"].is_number());
  EXPECT_TRUE(e["copy"]["dpo"]["eight_gram_share"].is_number());
  EXPECT_TRUE(e["loss"]["author"]["dpo"].is_number());
  const std::string page = report_page(e);
  EXPECT_NE(page.find("twin (DPO) writes"), std::string::npos);
  fs::remove_all(where.run);
  const OrderedJson again = evaluate(context_, kernels_, *store_, options, where);
  EXPECT_TRUE(dump_json(e) == dump_json(again));
}

}  // namespace
}  // namespace twin
