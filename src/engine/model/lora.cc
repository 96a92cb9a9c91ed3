#include "engine/model/lora.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "engine/model/parameter_block.h"
#include "engine/tensor/blocks.h"

namespace twin {
namespace {

struct LinearShape {
  const char* module;
  size_t out, in;
};

// In the order of LoraAdapter::kTargetModules.
std::array<LinearShape, 7> linear_shapes(const DecoderConfig& c) {
  const size_t Q = c.num_attention_heads * c.head_dim, K = c.num_key_value_heads * c.head_dim;
  const size_t C = c.hidden_size, I = c.intermediate_size;
  return {{{"self_attn.q_proj", Q, C},
           {"self_attn.k_proj", K, C},
           {"self_attn.v_proj", K, C},
           {"self_attn.o_proj", C, Q},
           {"mlp.gate_proj", I, C},
           {"mlp.up_proj", I, C},
           {"mlp.down_proj", C, I}}};
}

std::array<std::span<float>, 7> linear_layers(const DecoderWeights::Layer& layer) {
  return {layer.q_proj,    layer.k_proj,  layer.v_proj,   layer.o_proj,
          layer.gate_proj, layer.up_proj, layer.down_proj};
}

}  // namespace

LoraAdapter::LoraAdapter(const DecoderConfig& config, const LoraConfig& lora)
    : config_(config), lora_(lora) {
  check_config(config);
  if (r() == 0 || r() > config.hidden_size || !(lora.lora_alpha > 0)) {
    throw Error(
        ErrorCode::kBadInput,
        fmt::format("LoRA: r is {} and lora_alpha {}; expected r from 1 to hidden_size ({}) "
                    "and a positive lora_alpha",
                    r(), lora.lora_alpha, config.hidden_size));
  }
  if (!(lora.lora_dropout >= 0 && lora.lora_dropout < 1)) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("LoRA: lora_dropout is {}; expected 0 or more and less than 1",
                            lora.lora_dropout));
  }
  std::array<bool, 7> targeted{};
  for (const std::string& module : lora.target_modules) {
    const auto found = std::find(kTargetModules.begin(), kTargetModules.end(), module);
    if (found == kTargetModules.end()) {
      throw Error(ErrorCode::kBadInput, fmt::format("LoRA: target module '{}'; expected some of {}",
                                                    module, fmt::join(kTargetModules, ", ")));
    }
    targeted[static_cast<size_t>(found - kTargetModules.begin())] = true;
  }
  const auto shapes = linear_shapes(config);
  size_t count = 0, outputs = 0;
  for (size_t t = 0; t < shapes.size(); ++t) {
    if (!targeted[t]) continue;
    count += r() * (shapes[t].in + shapes[t].out);
    if (lora.use_dora) outputs += shapes[t].out;
  }
  count = (count + outputs) * config.num_hidden_layers;
  block_ = make_float_block(count);
  flat_ = {block_.get(), count};
  norms_ = make_float_block(outputs * config.num_hidden_layers);
  float* norm = norms_.get();

  BlockCutter cutter(flat_, parameters_);
  for (size_t l = 0; l < config.num_hidden_layers; ++l) {
    for (size_t t = 0; t < shapes.size(); ++t) {
      Pair& pair = pairs_.emplace_back();
      if (!targeted[t]) continue;
      const std::string name =
          fmt::format("base_model.model.model.layers.{}.{}.lora_", l, shapes[t].module);
      pair.A = cutter.cut(name + "A.weight", {r(), shapes[t].in});
      pair.B = cutter.cut(name + "B.weight", {shapes[t].out, r()});
      if (!lora.use_dora) continue;
      pair.magnitude = cutter.cut(name + "magnitude_vector", {shapes[t].out});
      pair.norm = {norm, shapes[t].out};
      norm += shapes[t].out;
    }
  }
  TWIN_CHECK(cutter.used_up());
}

float LoraAdapter::scale() const {
  const auto rank = static_cast<float>(r());
  return lora_.lora_alpha / (lora_.use_rslora ? std::sqrt(rank) : rank);
}

namespace {

std::array<const Matrix*, 7> matrices(const DecoderTensors::Layer& layer) {
  return {&layer.q_proj,    &layer.k_proj,  &layer.v_proj,   &layer.o_proj,
          &layer.gate_proj, &layer.up_proj, &layer.down_proj};
}

// row (in) += scale * B[o] A.
void add_low_rank(const LoraAdapter& adapter, const LoraAdapter::Pair& pair, size_t o,
                  std::span<float> row) {
  for (size_t k = 0; k < adapter.r(); ++k) {
    const float b = adapter.scale() * pair.B[o * adapter.r() + k];
    const float* const a = pair.A.data() + k * row.size();
    for (size_t i = 0; i < row.size(); ++i) row[i] += b * a[i];
  }
}

float norm_of(std::span<const float> row) {
  double sum = 0;
  for (float x : row) sum += static_cast<double>(x) * x;
  return static_cast<float>(std::sqrt(sum));
}

}  // namespace

void update_norms(Context& context, LoraAdapter& adapter, const DecoderTensors& tensors) {
  if (!adapter.lora().use_dora) return;
  for (size_t l = 0; l < tensors.layers.size(); ++l) {
    const auto weights = matrices(tensors.layers[l]);
    for (size_t t = 0; t < weights.size(); ++t) {
      const LoraAdapter::Pair& pair = adapter.pair(l, t);
      if (pair.A.empty()) continue;
      context.threads.parallel_for(pair.norm.size(), [&](size_t begin, size_t end, size_t) {
        std::vector<float> row(weights[t]->cols);
        for (size_t o = begin; o < end; ++o) {
          dequantize(weights[t]->dtype, weights[t]->row(o), row);
          add_low_rank(adapter, pair, o, row);
          pair.norm[o] = norm_of(row);
        }
      });
    }
  }
}

void start_magnitudes(Context& context, LoraAdapter& adapter, const DecoderTensors& tensors) {
  update_norms(context, adapter, tensors);
  for (size_t l = 0; l < tensors.layers.size(); ++l) {
    for (size_t t = 0; t < LoraAdapter::kTargetModules.size(); ++t) {
      const LoraAdapter::Pair& pair = adapter.pair(l, t);
      std::copy(pair.norm.begin(), pair.norm.end(), pair.magnitude.begin());
    }
  }
}

void initialize(LoraAdapter& adapter, uint64_t seed) {
  Random random(seed);
  for (const Parameter& parameter : adapter.parameters()) {
    const bool is_a = parameter.name.ends_with("lora_A.weight");
    const double bound = is_a ? 1 / std::sqrt(static_cast<double>(parameter.shape[1])) : 0;
    for (float& x : parameter.values) {
      x = is_a ? static_cast<float>((2 * random.uniform() - 1) * bound) : 0.0f;
    }
  }
}

void merge(const LoraAdapter& adapter, DecoderWeights& weights) {
  TWIN_CHECK(adapter.config() == weights.config());
  const auto shapes = linear_shapes(adapter.config());
  for (size_t l = 0; l < adapter.config().num_hidden_layers; ++l) {
    const auto layers = linear_layers(weights.layer(l));
    for (size_t t = 0; t < shapes.size(); ++t) {
      const LoraAdapter::Pair& pair = adapter.pair(l, t);
      if (pair.A.empty()) continue;
      for (size_t o = 0; o < shapes[t].out; ++o) {
        const std::span<float> row = layers[t].subspan(o * shapes[t].in, shapes[t].in);
        add_low_rank(adapter, pair, o, row);
        if (pair.magnitude.empty()) continue;
        const float norm = norm_of(row), factor = norm > 0 ? pair.magnitude[o] / norm : 0;
        for (float& x : row) x *= factor;
      }
    }
  }
}

}  // namespace twin
