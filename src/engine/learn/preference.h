#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/learn/objective.h"
#include "engine/learn/trainee.h"
#include "engine/learn/trainer.h"

namespace twin {

// Two answers to one prompt, the first of which is preferred. Each sequence is prompt and answer,
// its mask counts the answer.
struct PreferencePair {
  TrainingSequence chosen, rejected;
};

// With h = (log p(chosen) - log p(rejected)) of the policy less that of the reference:
enum class PreferenceLoss {
  kSigmoid,           // -log sigmoid(beta h). Source: Rafailov et al. 2023, arXiv:2305.18290
  kIpo,               // (h - 1 / (2 beta))^2, log p per token. Source: Azar et al. 2023,
                      // arXiv:2310.12036
  kNormalisedSigmoid  // as sigmoid, log p per token. Source: Lambert et al. 2024, arXiv:2411.15124
};
// "sigmoid", "ipo", "sigmoid_norm": TRL's names. Errors: kUsage, naming them.
PreferenceLoss preference_loss_named(std::string_view name);

struct PreferenceOptions {
  PreferenceLoss loss = PreferenceLoss::kSigmoid;
  float beta = 0.1f;
  float label_smoothing = 0;  // the share of pairs taken to be the wrong way round; sigmoid losses
  float sft_weight = 0;       // times the chosen's negative log-likelihood per token
};

// One pair's log p of answers, summed.
struct PairLogProbs {
  double chosen = 0, rejected = 0;
};

// A pair's loss and its derivatives by the policy's sums.
struct PairLoss {
  double loss = 0, dchosen = 0, drejected = 0;
  double chosen_reward = 0, rejected_reward = 0;  // beta (log p - reference's), summed
};
// `chosen_tokens`, `rejected_tokens`: of the answers.
PairLoss pair_loss(const PreferenceOptions& options, const PairLogProbs& policy,
                   const PairLogProbs& reference, size_t chosen_tokens, size_t rejected_tokens);

// Direct preference optimisation: the mean of the pairs' losses. Reports "rewards/chosen",
// "rewards/rejected", "rewards/margins" and "rewards/accuracies".
class PreferenceObjective : public Objective {
 public:
  // `reference`: of each of `pairs`. `pairs` outlive it. `name_of` as NextTokenObjective has it.
  // Errors: kBadInput, naming the pair, where chosen and rejected are the same or an answer is
  // empty.
  PreferenceObjective(std::span<const PreferencePair> pairs, std::vector<PairLogProbs> reference,
                      const PreferenceOptions& options,
                      std::function<std::string(size_t)> name_of = nullptr);

  size_t size() const override { return reference_.size(); }
  // A pair's two sequences are in one micro-batch. Errors: kBadInput, naming it, for a pair longer
  // than that.
  std::vector<PackedBatch> pack(std::span<const size_t> order, size_t batch_tokens) const override;
  size_t segments_per_item() const override { return 2; }
  std::vector<std::string> figure_names() const override;
  size_t counted(const PackedBatch& batch) const override { return batch.segments.size() / 2; }
  ObjectiveLoss loss(Context& context, const kernels::Kernels& kernels, const PackedBatch& batch,
                     std::span<const float> hidden, const Matrix& lm_head,
                     const LossGradient& gradient) override;
  std::string describe(const PackedBatch& batch) const override;

 private:
  std::vector<TrainingSequence> sequences_;  // chosen and rejected of each pair
  std::vector<PairLogProbs> reference_;
  PreferenceOptions options_;
  std::function<std::string(size_t)> name_of_;
};

// The reference's log-probabilities: those of `tensors` with `adapter` (null: none), by the
// arithmetic of training, so that a policy that has learnt nothing has margins of 0.
std::vector<PairLogProbs> reference_log_probs(Context& context, const kernels::Kernels& kernels,
                                              const DecoderTensors& tensors,
                                              std::span<const PreferencePair> pairs,
                                              size_t batch_tokens, kernels::Compute compute,
                                              const LoraAdapter* adapter = nullptr);

}  // namespace twin
