#include "engine/model/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "base/progress.h"
#include "base/random.h"
#include "engine/model/parameter_block.h"
#include "engine/tensor/blocks.h"

namespace twin {

std::shared_ptr<float[]> make_float_block(size_t count) {
  const size_t bytes = (std::max<size_t>(count, 1) * sizeof(float) + 63) / 64 * 64;
  auto* data = static_cast<float*>(std::aligned_alloc(64, bytes));
  if (data == nullptr) {
    throw Error(ErrorCode::kDoesNotFit, fmt::format("cannot reserve {} for a model's parameters",
                                                    format_bytes(static_cast<double>(bytes))));
  }
  std::fill_n(data, count, 0.0f);
  return {data, [](float* p) { std::free(p); }};
}

std::span<float> BlockCutter::cut(std::string name, std::vector<size_t> shape) {
  size_t size = 1;
  for (size_t dimension : shape) size *= dimension;
  TWIN_CHECK(offset_ + size <= block_.size());
  const std::span<float> values = block_.subspan(offset_, size);
  parameters_.push_back({std::move(name), std::move(shape), values});
  offset_ += size;
  return values;
}

DecoderWeights::DecoderWeights(const DecoderConfig& config) {
  tensors_.config = config;
  const std::vector<TensorSlot> slots = tensor_slots(tensors_);
  block_ = make_float_block(parameter_count(config));
  flat_ = {block_.get(), parameter_count(config)};
  tensors_.owners.push_back(block_);

  BlockCutter cutter(flat_, parameters_);
  for (const TensorSlot& slot : slots) {
    const std::span<float> values = cutter.cut(slot.name, slot.shape);
    if (slot.matrix != nullptr) {
      *slot.matrix = {DType::kF32, slot.shape[0], slot.shape[1], values.data()};
    } else {
      *slot.vector = values;
    }
  }
  TWIN_CHECK(cutter.used_up());
  share_embeddings(tensors_);

  embed_tokens_ = writable(tensors_.embed_tokens);
  norm_ = writable(tensors_.norm);
  lm_head_ = writable(tensors_.lm_head);
  for (const DecoderTensors::Layer& l : tensors_.layers) {
    layers_.push_back(
        {writable(l.input_layernorm), writable(l.q_proj), writable(l.k_proj), writable(l.v_proj),
         writable(l.q_bias), writable(l.k_bias), writable(l.v_bias), writable(l.q_norm),
         writable(l.k_norm), writable(l.o_proj), writable(l.post_attention_layernorm),
         writable(l.pre_feedforward_layernorm), writable(l.gate_proj), writable(l.up_proj),
         writable(l.down_proj), writable(l.post_feedforward_layernorm)});
  }
}

std::span<float> DecoderWeights::writable(std::span<const float> view) const {
  return view.empty() ? std::span<float>() : flat_.subspan(index_of(view.data()), view.size());
}

std::span<float> DecoderWeights::writable(const Matrix& view) const {
  return flat_.subspan(index_of(static_cast<const float*>(view.data)), view.rows * view.cols);
}

size_t DecoderWeights::index_of(const float* value) const {
  return static_cast<size_t>(value - flat_.data());
}

DecoderWeights to_f32(const DecoderTensors& tensors) {
  DecoderWeights weights(tensors.config);
  DecoderTensors source = tensors;
  const std::vector<TensorSlot> slots = tensor_slots(source);
  const std::vector<Parameter>& parameters = weights.parameters();
  TWIN_CHECK(slots.size() == parameters.size());
  for (size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].matrix != nullptr) {
      dequantize(slots[i].matrix->dtype, slots[i].matrix->data, parameters[i].values);
    } else {
      std::copy(slots[i].vector->begin(), slots[i].vector->end(), parameters[i].values.begin());
    }
  }
  return weights;
}

DecoderWeights DecoderWeights::clone() const {
  DecoderWeights copy(config());
  std::copy(flat_.begin(), flat_.end(), copy.flat_.begin());
  return copy;
}

void initialize(DecoderWeights& weights, uint64_t seed) {
  Random random(seed);
  const double residual =
      1 / std::sqrt(2.0 * static_cast<double>(weights.config().num_hidden_layers));
  for (const Parameter& parameter : weights.parameters()) {
    if (parameter.shape.size() == 1) {
      const bool bias = parameter.name.ends_with(".bias");
      std::fill(parameter.values.begin(), parameter.values.end(), bias ? 0.0f : 1.0f);
      continue;
    }
    const bool into_residual =
        parameter.name.ends_with("o_proj.weight") || parameter.name.ends_with("down_proj.weight");
    const double deviation = 0.02 * (into_residual ? residual : 1);
    for (float& x : parameter.values) x = static_cast<float>(deviation * random.normal());
  }
}

}  // namespace twin
