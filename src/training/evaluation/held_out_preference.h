#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "engine/kernels/kernels.h"
#include "models/language_model.h"
#include "style/copy_meter.h"
#include "training/datasets/own_pairs.h"

namespace twin {

// log p of a pair's two answers under a model: summed nats, and how many tokens they are.
struct AnswerLogProbs {
  double chosen = 0, rejected = 0;
  size_t chosen_tokens = 0, rejected_tokens = 0;

  double margin() const {  // nats per token
    return chosen / static_cast<double>(chosen_tokens) -
           rejected / static_cast<double>(rejected_tokens);
  }
};

// Of each of the pairs (datasets/draw_pairs.h) that has a rejected.
std::vector<AnswerLogProbs> answer_log_probs(Context& context, const kernels::Kernels& kernels,
                                             const LanguageModel& model,
                                             const std::vector<OwnPair>& pairs,
                                             size_t context_length);

// How often a model finds the author's passages likelier than a model's: "share" (per token),
// "share_total" (summed), "margin" (nats per token), with 95% intervals (bootstrap over documents).
// Requires a pair with a rejected; `log_probs` as above.
OrderedJson describe_preference(const std::vector<OwnPair>& pairs,
                                const std::vector<AnswerLogProbs>& log_probs, uint64_t seed);

// The same of DPO's implicit reward, log p of the policy less that of the reference: "share" of
// pairs whose chosen has the higher, and "margin" (summed nats).
OrderedJson describe_reward(const std::vector<OwnPair>& pairs,
                            const std::vector<AnswerLogProbs>& policy,
                            const std::vector<AnswerLogProbs>& reference, uint64_t seed);

// A model of the twin, and what tells it from others.
struct JudgedModel {
  const LanguageModel* model = nullptr;  // null: there is none
  std::string key;
};

struct PreferenceEvaluation {
  JudgedModel base, sft, dpo;
  SamplingOptions sampling;      // of what they write
  size_t pairs = 100;            // passages, spread over the held-out ones
  uint64_t seed = 1;             // of the bootstrap
  std::filesystem::path folder;  // pairs-sft.jsonl and pairs-dpo.jsonl are kept there
};

// The "preference" of an evaluation (docs/evaluation.md): base, SFT and DPO model on the author's
// held-out passages beside what the SFT model writes, as long as they; the DPO model also beside
// what it writes itself. null where no passage has such a pair. Errors: those of draw_pairs().
OrderedJson held_out_preference(Context& context, const kernels::Kernels& kernels,
                                const std::vector<Sample>& held_out, const CopyMeter& sources,
                                const PreferenceEvaluation& evaluation);

}  // namespace twin
