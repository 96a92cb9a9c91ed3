#pragma once

#include <filesystem>
#include <string>

#include "base/context.h"
#include "base/json.h"
#include "engine/generate/generate.h"
#include "engine/kernels/kernels.h"
#include "stores/documents/document_store.h"

namespace twin {

struct EvaluationOptions {
  std::string author_id;
  double test_share = 0.15;
  size_t passages = 12;        // generated per model
  size_t pairs = 100;          // held-out passages held against what a model writes
  size_t passage_words = 250;  // of a measured passage
  uint64_t seed = 1;           // of generation and bootstrap
  SamplingOptions sampling;    // its own seed is not looked at
};

struct EvaluationFolders {
  std::filesystem::path base, sft;  // models
  std::filesystem::path run;        // evaluation.json, passages, training metrics beside it
  std::filesystem::path dpo = {};   // one made from that sft; empty: none
};

// Does the fine-tuned model write like the author? Held-out loss of author and impostors before and
// after SFT and DPO, style scores of generated and real text between the impostors' floor and the
// author's own ceiling, preference for the author's passages over the models' own, copying. The
// document (docs/evaluation.md) is free of times, so that the same inputs give the same bytes; it
// is kept in run/evaluation.json and not made again for the same inputs.
// Errors: kUsage where a model is missing or the author has no held-out document; kInterrupted.
OrderedJson evaluate(Context& context, const kernels::Kernels& kernels, const DocumentStore& store,
                     const EvaluationOptions& options, const EvaluationFolders& folders);

}  // namespace twin
