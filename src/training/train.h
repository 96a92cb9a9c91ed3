#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/context.h"
#include "engine/kernels/kernels.h"
#include "engine/model/config.h"
#include "stores/documents/document_store.h"
#include "training/fine_tuning.h"

namespace twin {

// The three trainings of a twin, each from what the one before left. All are done once for the same
// inputs, options and code (the key in the result's run.json), go on from their last checkpoint
// after any kind of death, and put their result in its place in one move, its run.json
// (run_record.h) included. Each returns whether it did anything: false means it was done before.

// Where a training reads and writes.
struct TrainingFolders {
  std::filesystem::path tokenizer, base, sft, dpo;  // results
  std::filesystem::path runs;                       // checkpoints, metrics, datasets
};

struct TokenizerTraining {
  size_t vocab_size = 4096;
};

// A vocabulary from the training side of every author's documents.
// Errors: kUsage where there are no documents or no features.
bool train_tokenizer(Context& context, const DocumentStore& store, double test_share,
                     const TokenizerTraining& options, const TrainingFolders& folders);

struct BaseTraining {
  DecoderConfig shape;  // vocab_size is the tokenizer's, whatever stands here
  // 0: five passes over the texts, after which a model this small begins to learn them by heart,
  // and at most 500 steps, a few minutes on two cores.
  size_t steps = 0;
  size_t batch_tokens = 2048;
  double learning_rate = 2e-3;
  size_t checkpoint_every = 25;
  uint64_t seed = 1;
};

// A language model from scratch, of everything the training side holds: prompts and targets.
// Errors: kUsage without a tokenizer; kDoesNotFit; kInterrupted after a checkpoint.
bool train_base(Context& context, const kernels::Kernels& kernels, const DocumentStore& store,
                double test_share, const BaseTraining& options, const TrainingFolders& folders);

struct SftTraining : FineTuning {
  std::string author_id;
};

// Supervised fine-tuning of the base model on one author's verbatim passages, the loss on the
// targets alone. The dataset is written to runs/sft/dataset.jsonl, read back and verified first.
// Errors: kUsage without a base model or where the author has no passages; kDoesNotFit;
// kInterrupted after a checkpoint.
bool train_sft(Context& context, const kernels::Kernels& kernels, const DocumentStore& store,
               double test_share, const SftTraining& options, const TrainingFolders& folders);

// What makes `to` a folder that finds its tokens as `from` does.
void copy_tokenizer(const std::filesystem::path& from, const std::filesystem::path& to);

// SHA-256 of the files that say what a model computes: of a folder, or one GGUF file.
std::string model_fingerprint(const std::filesystem::path& path);

}  // namespace twin
