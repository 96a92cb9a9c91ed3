#pragma once

#include <vector>

#include "engine/learn/preference.h"

namespace twin {

// How a model does on pairs: means.
struct PreferenceFigures {
  double loss = 0;
  double margin = 0;    // the chosen's reward less the rejected's
  double accuracy = 0;  // share of the pairs whose chosen has the higher reward
};

// Holds a policy in training against the model it started from, on pairs it is not learning just
// then.
class PreferenceProbe {
 public:
  // The reference is the trainee's tensors with `reference` (null: no adapter), as they are now:
  // before they change.
  PreferenceProbe(Context& context, const kernels::Kernels& kernels, const Trainee& trainee,
                  const LoraAdapter* reference, std::vector<PreferencePair> pairs,
                  const PreferenceOptions& options, size_t batch_tokens);

  // Of the trainee as it stands; all 0 where there are no pairs.
  PreferenceFigures measure(Context& context, const kernels::Kernels& kernels,
                            const Trainee& trainee) const;

 private:
  std::vector<PairLogProbs> log_probs(Context& context, const kernels::Kernels& kernels,
                                      const DecoderTensors& tensors,
                                      const LoraAdapter* adapter) const;

  PreferenceOptions options_;
  size_t batch_tokens_;
  std::vector<TrainingSequence> sequences_;  // chosen and rejected of each pair
  std::vector<PairLogProbs> reference_;
};

}  // namespace twin
