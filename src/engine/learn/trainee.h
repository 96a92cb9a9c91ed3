#pragma once

#include <span>
#include <utility>
#include <vector>

#include "base/context.h"
#include "engine/model/lora.h"
#include "engine/model/tensors.h"
#include "engine/model/weights.h"

namespace twin {

// What a training run changes and what it leaves alone: all weights of a model, or an adapter over
// weights that stay where they lie, in the type they are stored in. Views: what it is made of
// outlives it.
class Trainee {
 public:
  // All of `weights` are trained.
  explicit Trainee(DecoderWeights& weights) : tensors_(weights.tensors()), weights_(&weights) {}
  // The adapter alone is, through the weights as they are stored.
  Trainee(DecoderTensors frozen, LoraAdapter& adapter)
      : tensors_(std::move(frozen)), adapter_(&adapter) {}

  const DecoderConfig& config() const { return tensors_.config; }
  // What is computed with.
  const DecoderTensors& tensors() const { return tensors_; }
  const LoraAdapter* adapter() const { return adapter_; }  // null: all weights are trained

  // What follows from the trained parameters is made again: after each change of them.
  void update(Context& context) const {
    if (adapter_) update_norms(context, *adapter_, tensors_);
  }

  // What is trained, as DecoderWeights and LoraAdapter have it.
  std::span<float> flat() const { return adapter_ ? adapter_->flat() : weights_->flat(); }
  const std::vector<Parameter>& parameters() const {
    return adapter_ ? adapter_->parameters() : weights_->parameters();
  }

 private:
  DecoderTensors tensors_;
  DecoderWeights* weights_ = nullptr;  // exactly one of the two is set
  LoraAdapter* adapter_ = nullptr;
};

}  // namespace twin
