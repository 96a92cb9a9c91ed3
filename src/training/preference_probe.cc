#include "training/preference_probe.h"

#include <algorithm>

#include "engine/learn/sequence_loss.h"

namespace twin {
namespace {

size_t answer_tokens(const TrainingSequence& sequence) {
  return static_cast<size_t>(
      std::count(sequence.loss_mask.begin() + 1, sequence.loss_mask.end(), uint8_t{1}));
}

}  // namespace

PreferenceProbe::PreferenceProbe(Context& context, const kernels::Kernels& kernels,
                                 const Trainee& trainee, const LoraAdapter* reference,
                                 std::vector<PreferencePair> pairs,
                                 const PreferenceOptions& options, size_t batch_tokens)
    : options_(options), batch_tokens_(batch_tokens) {
  for (PreferencePair& pair : pairs) {
    sequences_.push_back(std::move(pair.chosen));
    sequences_.push_back(std::move(pair.rejected));
  }
  reference_ = log_probs(context, kernels, trainee.tensors(), reference);
}

PreferenceFigures PreferenceProbe::measure(Context& context, const kernels::Kernels& kernels,
                                           const Trainee& trainee) const {
  PreferenceFigures figures;
  if (reference_.empty()) return figures;
  const std::vector<PairLogProbs> policy =
      log_probs(context, kernels, trainee.tensors(), trainee.adapter());
  for (size_t i = 0; i < policy.size(); ++i) {
    const PairLoss pair =
        pair_loss(options_, policy[i], reference_[i], answer_tokens(sequences_[2 * i]),
                  answer_tokens(sequences_[2 * i + 1]));
    figures.loss += pair.loss;
    figures.margin += pair.chosen_reward - pair.rejected_reward;
    figures.accuracy += pair.chosen_reward > pair.rejected_reward ? 1 : 0;
  }
  const auto count = static_cast<double>(policy.size());
  return {figures.loss / count, figures.margin / count, figures.accuracy / count};
}

std::vector<PairLogProbs> PreferenceProbe::log_probs(Context& context,
                                                     const kernels::Kernels& kernels,
                                                     const DecoderTensors& tensors,
                                                     const LoraAdapter* adapter) const {
  const std::vector<SequenceLoss> losses =
      sequence_losses(context, kernels, tensors, adapter, sequences_, batch_tokens_);
  std::vector<PairLogProbs> result(losses.size() / 2);
  for (size_t i = 0; i < result.size(); ++i) {
    result[i] = {-losses[2 * i].loss_sum, -losses[2 * i + 1].loss_sum};
  }
  return result;
}

}  // namespace twin
