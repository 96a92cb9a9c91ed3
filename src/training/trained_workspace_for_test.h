#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "base/context.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hashing.h"
#include "training/train.h"

namespace twin {

namespace fs = std::filesystem;

// Sentences of two voices, enough for passages of 250 words.
inline std::string voice(bool formal, int document) {
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
    return {models / "tokenizer", models / "base", models / "sft", models / "dpo",
            root_ / name / "runs"};
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

}  // namespace twin
