#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/context.h"
#include "engine/kernels/kernels.h"
#include "engine/learn/packing.h"
#include "engine/model/lora.h"
#include "engine/model/tensors.h"
#include "engine/tokenizer/tokenizer.h"
#include "style/copy_meter.h"

namespace twin {

// How much of what a model in training writes stands word for word in what it learns from: it
// answers prompts of validation greedily, so that the same parameters give the same share.
class CopiedShare {
 public:
  // The tokenizer outlives it. Prompts are what stands before the first learnt token, of the first
  // few sequences of `validation`.
  CopiedShare(const Tokenizer& tokenizer, std::span<const TrainingSequence> learnt,
              std::span<const TrainingSequence> validation);

  // The share of the 8-grams written that were copied. adapter null: the weights alone.
  double measure(Context& context, const kernels::Kernels& kernels, const DecoderTensors& tensors,
                 std::shared_ptr<const LoraAdapter> adapter) const;

 private:
  const Tokenizer& tokenizer_;
  CopyMeter meter_;
  std::vector<std::vector<TokenId>> prompts_;
};

}  // namespace twin
