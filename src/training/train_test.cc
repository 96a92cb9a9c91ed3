#include "training/train.h"

#include <nlohmann/json.hpp>

#include "training/datasets/corpus.h"
#include "training/datasets/dataset.h"
#include "training/evaluation/evaluate.h"
#include "training/evaluation/report_page.h"
#include "training/run_record.h"
#include "training/trained_workspace_for_test.h"

namespace twin {
namespace {

TEST_F(TrainedWorkspace, EachStepNeedsTheOneBefore) {
  const TrainingFolders f = folders("a");
  EXPECT_THROW(base(context_, f), Error);
  EXPECT_THROW(sft(context_, f), Error);
}

TEST_F(TrainedWorkspace, SameInputsAreNotTrainedTwice) {
  const TrainingFolders f = folders("a");
  EXPECT_TRUE(tokenizer(f));
  EXPECT_FALSE(tokenizer(f));
  EXPECT_TRUE(base(context_, f));
  EXPECT_FALSE(base(context_, f));
  EXPECT_TRUE(sft(context_, f));
  EXPECT_FALSE(sft(context_, f));
  EXPECT_FALSE(fs::exists(f.runs / "sft" / "checkpoint.safetensors"));
  sft_.seed = 2;
  EXPECT_TRUE(sft(context_, f));
}

TEST_F(TrainedWorkspace, InterruptedTrainingEndsWithTheSameBytes) {
  const TrainingFolders whole = folders("whole"), pieces = folders("pieces");
  tokenizer(whole);
  tokenizer(pieces);
  base(context_, whole);
  EXPECT_GT(interrupted_again_and_again([&](Context& context) { base(context, pieces); }), 2u);
  EXPECT_EQ(bytes(whole.base / "model.safetensors"), bytes(pieces.base / "model.safetensors"));
  sft(context_, whole);
  EXPECT_GT(interrupted_again_and_again([&](Context& context) { sft(context, pieces); }), 1u);
  for (const char* name : {"adapter_model.safetensors", "adapter_config.json", "run.json",
                           "parity.json", "tokenizer.json"}) {
    EXPECT_EQ(bytes(whole.sft / name), bytes(pieces.sft / name)) << name;
  }
}

TEST_F(TrainedWorkspace, EveryTargetIsItsDocumentsText) {
  const Corpus corpus = load_corpus(*store_, kShare);
  const Dataset dataset =
      build_dataset(*store_, corpus.documents, corpus.split, Split::kTrain, SampleOptions{});
  ASSERT_GT(dataset.samples.size(), 20u);
  for (const Sample& sample : dataset.samples) {
    const RawDocument document = *store_->document(sample.document_id);
    EXPECT_EQ(slice(document.verbatim, sample.range), sample.target);
    EXPECT_EQ(corpus.split.at(sample.document_id), Split::kTrain);
  }
  write_dataset(root_ / "set.jsonl", dataset.samples);
  EXPECT_EQ(load_dataset(root_ / "set.jsonl", *store_).size(), dataset.samples.size());
}

TEST_F(TrainedWorkspace, ChangedTargetIsRefused) {
  const Corpus corpus = load_corpus(*store_, kShare);
  const Dataset dataset =
      build_dataset(*store_, corpus.documents, corpus.split, Split::kTrain, SampleOptions{});
  write_dataset(root_ / "set.jsonl", dataset.samples);
  std::string lines = read_file(root_ / "set.jsonl");
  lines.replace(lines.find("varnish"), 7, "Varnish");
  write_file_atomic(root_ / "set.jsonl", lines);
  EXPECT_THROW(load_dataset(root_ / "set.jsonl", *store_), Error);
}

TEST_F(TrainedWorkspace, FullFineTuningMakesAWholeModel) {
  const TrainingFolders f = folders("a");
  tokenizer(f);
  base(context_, f);
  sft_.lora = false;
  sft_.learning_rate = 1e-3;
  EXPECT_TRUE(sft(context_, f));
  EXPECT_TRUE(fs::exists(f.sft / "model.safetensors"));
  const Json record = read_run_record(f.sft);
  EXPECT_LT(record.at("training_loss").at("after"), record.at("training_loss").at("before"));
}

TEST_F(TrainedWorkspace, EvaluationTellsTheVoicesApartAndIsRepeatable) {
  const TrainingFolders f = folders("a");
  tokenizer(f);
  base_.steps = 60;
  base(context_, f);
  sft(context_, f);
  EvaluationOptions options;
  options.author_id = formal_;
  options.test_share = kShare;
  options.passages = 3;
  options.passage_words = 60;
  options.sampling.max_new_tokens = 48;
  const EvaluationFolders where{f.base, f.sft, f.runs / "evaluate"};
  const OrderedJson first = evaluate(context_, kernels_, *store_, options, where);
  EXPECT_GT(first["style"]["auc"].get<double>(), 0.99);
  EXPECT_LT(first["loss"]["author"]["change"].get<double>(), 0);
  EXPECT_LT(first["loss"]["author"]["change"].get<double>(),
            first["loss"]["impostor"]["change"].get<double>());
  EXPECT_EQ(first["loss"]["each_impostor"][first["impostors"][0].get<std::string>()],
            first["loss"]["impostor"])
      << "there is only one";
  EXPECT_GT(first["style"]["ceiling"].get<double>(), first["style"]["floor"].get<double>());
  for (const char* key : {"base", "sft", "real"}) {
    EXPECT_TRUE(first["style"]["delta"][key].is_number()) << key;
  }
  EXPECT_TRUE(first["copy"]["eight_gram_share"].is_number());
  const std::string page = report_page(first);

  fs::remove_all(where.run);
  const OrderedJson second = evaluate(context_, kernels_, *store_, options, where);
  EXPECT_TRUE(dump_json(first) == dump_json(second));
  EXPECT_TRUE(page == report_page(second));
  const OrderedJson cached = evaluate(context_, kernels_, *store_, options, where);
  EXPECT_TRUE(page == report_page(cached));
}

TEST_F(TrainedWorkspace, ReportEscapesWhatItShows) {
  const TrainingFolders f = folders("a");
  tokenizer(f);
  base_.steps = 4;
  base(context_, f);
  sft_.epochs = 1;
  sft(context_, f);
  EvaluationOptions options;
  options.author_id = formal_;
  options.test_share = kShare;
  options.passages = 2;
  options.passage_words = 60;
  options.sampling.max_new_tokens = 32;
  OrderedJson evaluation =
      evaluate(context_, kernels_, *store_, options, {f.base, f.sft, f.runs / "evaluate"});
  evaluation["author"] = "<script>alert(1)</script>";
  evaluation["samples"]["sft"][0]["text"] = "</blockquote><img src=x onerror=y>";
  const std::string page = report_page(evaluation);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("<img"), std::string::npos);
  EXPECT_EQ(page.find("https://"), std::string::npos) << "readable offline";
}

}  // namespace
}  // namespace twin
