#include "engine/model/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "base/progress.h"
#include "base/random.h"
#include "engine/model/parameter_block.h"

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

DecoderWeights::DecoderWeights(const DecoderConfig& config) : config_(config) {
  check_config(config);
  block_ = make_float_block(parameter_count(config));
  flat_ = {block_.get(), parameter_count(config)};

  BlockCutter cutter(flat_, parameters_);
  const size_t C = config.hidden_size, I = config.intermediate_size, V = config.vocab_size;
  const size_t Q = config.num_attention_heads * config.head_dim;
  const size_t K = config.num_key_value_heads * config.head_dim;
  embed_tokens_ = cutter.cut("model.embed_tokens.weight", {V, C});
  for (size_t l = 0; l < config.num_hidden_layers; ++l) {
    const auto name = [l](const char* part) {
      return fmt::format("model.layers.{}.{}.weight", l, part);
    };
    Layer layer;
    layer.input_layernorm = cutter.cut(name("input_layernorm"), {C});
    layer.q_proj = cutter.cut(name("self_attn.q_proj"), {Q, C});
    layer.k_proj = cutter.cut(name("self_attn.k_proj"), {K, C});
    layer.v_proj = cutter.cut(name("self_attn.v_proj"), {K, C});
    layer.o_proj = cutter.cut(name("self_attn.o_proj"), {C, Q});
    layer.post_attention_layernorm = cutter.cut(name("post_attention_layernorm"), {C});
    layer.gate_proj = cutter.cut(name("mlp.gate_proj"), {I, C});
    layer.up_proj = cutter.cut(name("mlp.up_proj"), {I, C});
    layer.down_proj = cutter.cut(name("mlp.down_proj"), {C, I});
    layers_.push_back(layer);
  }
  norm_ = cutter.cut("model.norm.weight", {C});
  lm_head_ = config.tie_word_embeddings ? embed_tokens_ : cutter.cut("lm_head.weight", {V, C});
  TWIN_CHECK(cutter.used_up());
}

DecoderWeights DecoderWeights::clone() const {
  DecoderWeights copy(config_);
  std::copy(flat_.begin(), flat_.end(), copy.flat_.begin());
  return copy;
}

void initialize(DecoderWeights& weights, uint64_t seed) {
  Random random(seed);
  const double residual =
      1 / std::sqrt(2.0 * static_cast<double>(weights.config().num_hidden_layers));
  for (const Parameter& parameter : weights.parameters()) {
    if (parameter.shape.size() == 1) {
      std::fill(parameter.values.begin(), parameter.values.end(), 1.0f);
      continue;
    }
    const bool into_residual =
        parameter.name.ends_with("o_proj.weight") || parameter.name.ends_with("down_proj.weight");
    const double deviation = 0.02 * (into_residual ? residual : 1);
    for (float& x : parameter.values) x = static_cast<float>(deviation * random.normal());
  }
}

}  // namespace twin
