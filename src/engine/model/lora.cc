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
  size_t out, in;
};

// In the order of LoraAdapter::kTargetModules.
std::array<LinearShape, 7> linear_shapes(const DecoderConfig& c) {
  const size_t Q = c.num_attention_heads * c.head_dim, K = c.num_key_value_heads * c.head_dim;
  const size_t C = c.hidden_size, I = c.intermediate_size;
  return {{{Q, C}, {K, C}, {K, C}, {C, Q}, {I, C}, {I, C}, {C, I}}};
}

std::array<std::span<float>, 7> linear_layers(const DecoderWeights::Layer& layer) {
  return {layer.q_proj,    layer.k_proj,  layer.v_proj,   layer.o_proj,
          layer.gate_proj, layer.up_proj, layer.down_proj};
}

void check_rank(const std::string& where, const LoraConfig::Own& rank,
                const DecoderConfig& config) {
  if (rank.r > 0 && rank.r <= config.hidden_size && rank.lora_alpha > 0 &&
      std::isfinite(rank.lora_alpha)) {
    return;
  }
  throw Error(ErrorCode::kBadInput,
              fmt::format("{}: r is {} and lora_alpha {}; expected r from 1 to hidden_size ({}) "
                          "and a positive lora_alpha",
                          where, rank.r, rank.lora_alpha, config.hidden_size));
}

}  // namespace

LoraAdapter::LoraAdapter(const DecoderConfig& config, const LoraConfig& lora)
    : config_(config), lora_(lora) {
  check_config(config);
  check_rank("LoRA", {r(), lora.lora_alpha}, config);
  for (const auto& [module, own] : lora.own) check_rank("LoRA: " + module, own, config);
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
  pairs_.resize(config.num_hidden_layers * shapes.size());
  size_t count = 0, outputs = 0;
  for (size_t i = 0; i < pairs_.size(); ++i) {
    const size_t t = i % shapes.size();
    if (!targeted[t]) continue;
    const auto own = lora.own.find(module_name(i / shapes.size(), t));
    const LoraConfig::Own rank =
        own == lora.own.end() ? LoraConfig::Own{r(), lora.lora_alpha} : own->second;
    const auto r = static_cast<float>(rank.r);
    pairs_[i].r = rank.r;
    pairs_[i].scale = rank.lora_alpha / (lora.use_rslora ? std::sqrt(r) : r);
    count += rank.r * (shapes[t].in + shapes[t].out);
    if (lora.use_dora) outputs += shapes[t].out;
  }
  count += outputs;
  block_ = make_float_block(count);
  flat_ = {block_.get(), count};
  norms_ = make_float_block(outputs);
  float* norm = norms_.get();

  BlockCutter cutter(flat_, parameters_);
  for (size_t i = 0; i < pairs_.size(); ++i) {
    Pair& pair = pairs_[i];
    if (pair.r == 0) continue;
    const LinearShape& shape = shapes[i % shapes.size()];
    const std::string name =
        fmt::format("base_model.model.{}.lora_", module_name(i / shapes.size(), i % shapes.size()));
    pair.A = cutter.cut(name + "A.weight", {pair.r, shape.in});
    pair.B = cutter.cut(name + "B.weight", {shape.out, pair.r});
    if (!lora.use_dora) continue;
    pair.magnitude = cutter.cut(name + "magnitude_vector", {shape.out});
    pair.norm = {norm, shape.out};
    norm += shape.out;
  }
  TWIN_CHECK(cutter.used_up());
}

std::string LoraAdapter::module_name(size_t layer, size_t target) {
  return fmt::format("model.layers.{}.{}{}", layer, target < 4 ? "self_attn." : "mlp.",
                     kTargetModules.at(target));
}

namespace {

std::array<const Matrix*, 7> matrices(const DecoderTensors::Layer& layer) {
  return {&layer.q_proj,    &layer.k_proj,  &layer.v_proj,   &layer.o_proj,
          &layer.gate_proj, &layer.up_proj, &layer.down_proj};
}

// row (in) += scale * B[o] A.
void add_low_rank(const LoraAdapter::Pair& pair, size_t o, std::span<float> row) {
  for (size_t k = 0; k < pair.r; ++k) {
    const float b = pair.scale * pair.B[o * pair.r + k];
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
          add_low_rank(pair, o, row);
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
        add_low_rank(pair, o, row);
        if (pair.magnitude.empty()) continue;
        const float norm = norm_of(row), factor = norm > 0 ? pair.magnitude[o] / norm : 0;
        for (float& x : row) x *= factor;
      }
    }
  }
}

}  // namespace twin
