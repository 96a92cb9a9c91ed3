#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "engine/kernels/kernels.h"
#include "models/language_model.h"
#include "style/statistics.h"
#include "training/datasets/corpus.h"

namespace twin {

// Loss on the test side's targets of one document, its prompts given: nats per token.
struct DocumentLoss {
  std::string document_id;
  double base = 0, sft = 0, dpo = 0;  // summed over the tokens
  size_t tokens = 0;
};

// What base and fine-tuned model make of texts neither has seen.
struct HeldOutLoss {
  std::vector<DocumentLoss> documents;
  size_t tokens = 0;
  double base = 0, sft = 0, dpo = 0;  // nats per token
  Interval change_95;                 // of sft - base: bootstrap over documents
};

// The losses on those `documents` that are on the test side. The models have the same tokenizer;
// dpo null: there is none. Progress is shown as `label`, in tokens.
HeldOutLoss held_out_loss(Context& context, const kernels::Kernels& kernels,
                          const DocumentStore& store, const Corpus& corpus,
                          const std::vector<DocumentSummary>& documents, const LanguageModel& base,
                          const LanguageModel& sft, const LanguageModel* dpo, uint64_t seed,
                          std::string_view label);

// Those on all documents of `parts`.
HeldOutLoss together(std::span<const HeldOutLoss> parts, uint64_t seed);

}  // namespace twin
