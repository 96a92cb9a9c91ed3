#pragma once

#include <vector>

#include "models/language_model.h"

namespace twin {

// What a model computes on sequences of ids, all in one forward; empty sequences are passed over.
class ProbeLogits {
 public:
  // `model` outlives this.
  ProbeLogits(Context& context, const kernels::Kernels& kernels, const LanguageModel& model,
              const std::vector<std::vector<TokenId>>& sequences);

  // The logits (V) behind token `position` of a sequence.
  std::vector<float> at(size_t sequence, size_t position);

 private:
  Decoder decoder_;
  std::vector<float> hidden_;  // (N, C)
  std::vector<size_t> first_;  // row of each sequence
};

}  // namespace twin
