#include "training/train.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/hashing.h"
#include "training/datasets/corpus.h"
#include "training/datasets/dataset.h"
#include "training/evaluation/evaluate.h"
#include "training/evaluation/report_page.h"
#include "training/run_record.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// Sentences of two voices, enough for passages of 250 words.
std::string voice(bool formal, int document) {
  std::string text;
  for (int i = 0; i < 30; ++i) {
    const std::string n = std::to_string((document * 7 + i * 13) % 40);
    text += formal ? "It was, I should say, upon the " + n +
                         "th morning of that long season that the varnish consented to dry; and "
                         "one is never, in such matters, quite sure of the reason. "
                   : "So the link went down. Again! Rack " + n +
                         ". You know what I did? Pulled the plug, waited, drank coffee. Fixed. ";
    if (i % 6 == 5) text += "\n\n";
  }
  return text;
}

// A store of two authors whose documents are prose through and through.
class TrainedWorkspace : public ::testing::Test {
 protected:
  TrainedWorkspace() {
    fs::remove_all(root_);
    fs::create_directories(root_);
    store_ = open_sqlite_document_store((root_ / "twin.db").string());
    for (const bool formal : {true, false}) {
      const Author author = author_from_full_name(formal ? "Fay Formal" : "Bo Blunt");
      (formal ? formal_ : blunt_) = author.id;
      store_->put_author(author);
      for (int d = 0; d < 6; ++d) add(author, formal, d);
    }
    base_.shape.hidden_size = 32;
    base_.shape.num_hidden_layers = 2;
    base_.shape.num_attention_heads = 2;
    base_.shape.num_key_value_heads = 1;
    base_.shape.head_dim = 16;
    base_.shape.intermediate_size = 64;
    base_.shape.max_position_embeddings = 192;
    base_.shape.tie_word_embeddings = true;
    base_.steps = 24;
    base_.batch_tokens = 256;
    base_.checkpoint_every = 5;
    sft_.author_id = formal_;
    sft_.r = 4;
    sft_.lora_alpha = 8;
    sft_.batch_tokens = 256;
    sft_.checkpoint_every = 2;
    sft_.learning_rate = 5e-3;
    sft_.epochs = 4;
  }
  ~TrainedWorkspace() override { fs::remove_all(root_); }

  void add(const Author& author, bool formal, int d) {
    RawDocument document;
    document.author_id = author.id;
    document.author_full_name = author.full_name();
    document.link = author.last_name + std::to_string(d);
    document.id = uuid_from_name(document.link);
    document.title = "Piece " + std::to_string(d);
    document.date = "2024-01-0" + std::to_string(d + 1);
    document.media_type = "text/markdown";
    document.raw = document.verbatim = voice(formal, d);
    document.content_hash = sha256(document.raw);
    Item item;
    item.source = document.link;
    store_->put_document(document, item);
    Features features;
    features.key = document.id;
    features.clean = {
        document.id, 1, {{{0, document.verbatim.size()}, SpanKind::kProse, RemovalReason::kNone}}};
    for (size_t begin = 0; begin < document.verbatim.size();) {
      const size_t blank = document.verbatim.find("\n\n", begin);
      const size_t end = blank == std::string::npos ? document.verbatim.size() : blank + 2;
      Chunk chunk;
      chunk.document_id = document.id;
      chunk.version = 1;
      chunk.ordinal = features.chunks.size();
      chunk.id = document.id + ":" + std::to_string(chunk.ordinal);
      chunk.range = {begin, end};
      chunk.title = document.title;
      chunk.text = slice(document.verbatim, chunk.range);
      features.chunks.push_back(chunk);
      begin = end;
    }
    store_->put_features(features);
  }

  TrainingFolders folders(const std::string& name) const {
    const fs::path models = root_ / name / "models";
    return {models / "tokenizer", models / "base", models / "sft", root_ / name / "runs"};
  }

  bool tokenizer(const TrainingFolders& f) {
    return train_tokenizer(context_, *store_, kShare, {.vocab_size = 512}, f);
  }
  bool base(Context& context, const TrainingFolders& f) {
    return train_base(context, kernels_, *store_, kShare, base_, f);
  }
  bool sft(Context& context, const TrainingFolders& f) {
    return train_sft(context, kernels_, *store_, kShare, sft_, f);
  }

  // Runs `training`, interrupted every time `seconds` are over, until it gets through.
  template <class Training>
  size_t interrupted_again_and_again(const Training& training) {
    for (size_t interruptions = 0;; ++interruptions) {
      std::atomic<bool> stop = false;
      ThreadPool threads(1);
      const auto log = make_null_logger();
      // Stops at the bar's second update of each attempt: after one step.
      struct Bar : ProgressBar {
        Bar(std::atomic<bool>& flag, size_t allowed) : stop(flag), left(allowed) {}
        void update(size_t, std::string_view) override {
          if (--left == 0) stop = true;
        }
        void finish() override {}
        std::atomic<bool>& stop;
        size_t left;
      };
      struct Bars : Progress {
        Bars(std::atomic<bool>& flag, size_t steps) : stop(flag), allowed(steps) {}
        std::unique_ptr<ProgressBar> start(std::string_view, size_t) override {
          return std::make_unique<Bar>(stop, allowed);
        }
        std::atomic<bool>& stop;
        size_t allowed;
      } bars(stop, 3 + interruptions);
      const auto clock = make_system_clock();
      Context context{threads, *log, bars, *clock, stop};
      try {
        training(context);
        return interruptions;
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kInterrupted) throw;
      }
    }
  }

  static std::string bytes(const fs::path& file) { return read_file(file); }

  static constexpr double kShare = 0.2;
  QuietContext context_{1};
  const kernels::Kernels& kernels_ = kernels::choose_kernels("");
  fs::path root_ = fs::temp_directory_path() / ("twin_train_" + std::to_string(::getpid()));
  std::unique_ptr<DocumentStore> store_;
  std::string formal_, blunt_;
  BaseTraining base_;
  SftTraining sft_;
};

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
