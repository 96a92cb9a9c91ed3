#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "engine/learn/cross_entropy.h"
#include "engine/model/decoder.h"
#include "engine/model/reference_decoder.h"
#include "engine/tensor/blocks.h"
#include "engine/tensor/quantize.h"

namespace twin {
namespace {

// Small, but with everything: grouped queries, two layers, several segments.
DecoderConfig tiny(bool tied) {
  return {.vocab_size = 23,
          .hidden_size = 12,
          .intermediate_size = 20,
          .num_hidden_layers = 2,
          .num_attention_heads = 4,
          .num_key_value_heads = 2,
          .head_dim = 6,
          .max_position_embeddings = 128,
          .tie_word_embeddings = tied};
}

// With everything that Gemma 3 and Qwen switch on.
DecoderConfig tiny_with_all() {
  DecoderConfig c = tiny(true);
  c.hidden_act = HiddenAct::kGeluTanh;
  c.attention_bias = c.qk_norm = c.sandwich_norms = true;
  c.embedding_scale = 2;
  c.query_pre_attn_scalar = 9;
  c.sliding_window = 5;
  c.local_layers = {true, false};
  c.rope_local_base_freq = 100;
  return c;
}

// Larger values than real weights, so that every term of a gradient counts.
void fill(std::span<float> values, uint64_t seed, double scale) {
  Random random(seed);
  for (float& x : values) x += static_cast<float>(scale * random.normal());
}

struct Problem {
  std::vector<std::vector<int32_t>> sequences, targets;
  std::vector<int32_t> tokens, all_targets;
  std::vector<Segment> segments;

  Problem() {
    Random random(3);
    for (size_t length : {9, 1, 70}) {  // 70: longer than one block of queries
      auto& sequence = sequences.emplace_back();
      auto& target = targets.emplace_back();
      for (size_t i = 0; i < length; ++i) {
        sequence.push_back(static_cast<int32_t>(random.below(23)));
        target.push_back(random.below(4) == 0 ? -1 : static_cast<int32_t>(random.below(23)));
      }
      tokens.insert(tokens.end(), sequence.begin(), sequence.end());
      all_targets.insert(all_targets.end(), target.begin(), target.end());
      segments.push_back({length});
    }
  }
};

double reference_loss(const Problem& problem, const DecoderWeights& weights,
                      const LoraAdapter* adapter) {
  const ReferenceDecoder reference(weights, adapter);
  double total = 0;
  for (size_t i = 0; i < problem.sequences.size(); ++i) {
    total += reference.loss(problem.sequences[i], problem.targets[i]);
  }
  return total;
}

// Compares `gradient` with central differences of the reference on a few entries of each tensor:
// the error of all probed entries together, relative to their norm.
void expect_gradient(const std::vector<Parameter>& parameters, std::span<float> flat,
                     std::span<const float> gradient, const std::function<double()>& loss,
                     double noise = 1e-4) {
  Random random(11);
  for (const Parameter& parameter : parameters) {
    const size_t offset = static_cast<size_t>(parameter.values.data() - flat.data());
    double error = 0, norm = 0;
    for (int probe = 0; probe < 6; ++probe) {
      const size_t i = random.below(parameter.values.size());
      const float before = parameter.values[i];
      const float step = 1.0f / 256;  // exact in f32, so that the two points are where we think
      parameter.values[i] = before + step;
      const double up = loss();
      const float above = parameter.values[i];
      parameter.values[i] = before - step;
      const double down = loss();
      const double width = static_cast<double>(above) - parameter.values[i];
      parameter.values[i] = before;
      const double expected = (up - down) / width;
      error += std::pow(gradient[offset + i] - expected, 2);
      norm += expected * expected;
    }
    EXPECT_LT(std::sqrt(error), 1e-2 * std::sqrt(norm) + noise) << parameter.name;
  }
}

class EachIsa : public ::testing::TestWithParam<const kernels::Kernels*> {};

TEST_P(EachIsa, EveryGradientAgreesWithFiniteDifferences) {
  for (const DecoderConfig& config : {tiny(false), tiny(true), tiny_with_all()}) {
    DecoderWeights weights(config);
    fill(weights.flat(), 1, 0.3);
    const Problem problem;
    QuietContext context(2);
    Decoder decoder(context, *GetParam(), weights.tensors());
    std::vector<float> hidden(problem.tokens.size() * 12), dhidden(hidden.size());
    auto activations = Decoder::make_activations();
    DecoderWeights grads(config);
    const Batch batch{problem.tokens, problem.segments};
    decoder.forward(batch, hidden, activations.get());
    CrossEntropyOptions options;
    options.block_rows = 7;
    const auto result = cross_entropy(context, *GetParam(), hidden, weights.tensors().lm_head,
                                      problem.all_targets, dhidden, grads.lm_head(), {}, options);
    EXPECT_NEAR(result.loss_sum, reference_loss(problem, weights, nullptr), 2e-3);
    decoder.backward(batch, dhidden, *activations, &grads, nullptr);
    expect_gradient(weights.parameters(), weights.flat(), grads.flat(),
                    [&] { return reference_loss(problem, weights, nullptr); });
  }
}

void expect_adapter_gradients(const kernels::Kernels& kernels, bool dora) {
  DecoderWeights weights(tiny(false));
  fill(weights.flat(), 1, 0.3);
  LoraConfig lora{.r = 3, .lora_alpha = 6};
  lora.use_dora = dora;
  LoraAdapter adapter(tiny(false), lora), grads(tiny(false), lora);
  fill(adapter.flat(), 2, 0.3);
  Problem problem;
  for (Segment& segment : problem.segments) segment.adapter = &adapter;
  QuietContext context(2);
  update_norms(context, adapter, weights.tensors());
  Decoder decoder(context, kernels, weights.tensors());
  std::vector<float> hidden(problem.tokens.size() * 12), dhidden(hidden.size());
  auto activations = Decoder::make_activations();
  const Batch batch{problem.tokens, problem.segments};
  decoder.forward(batch, hidden, activations.get());
  const auto result = cross_entropy(context, kernels, hidden, weights.tensors().lm_head,
                                    problem.all_targets, dhidden, {}, {});
  EXPECT_NEAR(result.loss_sum, reference_loss(problem, weights, &adapter), 2e-3);
  decoder.backward(batch, dhidden, *activations, nullptr, &grads);
  expect_gradient(adapter.parameters(), adapter.flat(), grads.flat(),
                  [&] { return reference_loss(problem, weights, &adapter); });

  // Merged into the weights, the adapter is the same function.
  merge(adapter, weights);
  EXPECT_NEAR(reference_loss(problem, weights, nullptr), result.loss_sum, 2e-3);
}

TEST_P(EachIsa, AdapterGradientsAgreeWithFiniteDifferences) {
  expect_adapter_gradients(*GetParam(), false);
}
TEST_P(EachIsa, DecomposedAdapterGradientsAgreeWithFiniteDifferences) {
  expect_adapter_gradients(*GetParam(), true);
}

const LoraConfig kLora{.r = 3, .lora_alpha = 6};

// The gradients of one forward and backward pass over Problem.
struct Gradients {
  double loss;
  std::vector<float> adapter;
};

Gradients adapter_gradients(const kernels::Kernels& kernels, const DecoderTensors& tensors,
                            size_t recomputed_layers, const LoraConfig& lora = kLora,
                            const TrainingNoise* noise = nullptr,
                            kernels::Compute compute = kernels::Compute::kF32) {
  LoraAdapter adapter(tensors.config, lora), grads(tensors.config, lora);
  fill(adapter.flat(), 2, 0.3);
  Problem problem;
  for (Segment& segment : problem.segments) segment.adapter = &adapter;
  QuietContext context(2);
  update_norms(context, adapter, tensors);
  Decoder decoder(context, kernels, tensors);
  std::vector<float> hidden(problem.tokens.size() * tensors.config.hidden_size);
  std::vector<float> dhidden(hidden.size());
  auto activations = Decoder::make_activations({recomputed_layers, compute});
  const Batch batch{problem.tokens, problem.segments, noise};
  decoder.forward(batch, hidden, activations.get());
  CrossEntropyOptions options;
  options.compute = compute;
  const auto result = cross_entropy(context, kernels, hidden, tensors.lm_head, problem.all_targets,
                                    dhidden, {}, {}, options);
  decoder.backward(batch, dhidden, *activations, nullptr, &grads);
  return {result.loss_sum, {grads.flat().begin(), grads.flat().end()}};
}

TEST_P(EachIsa, RecomputedLayersGiveTheSameBits) {
  for (const DecoderConfig& config : {tiny(false), tiny_with_all()}) {
    DecoderWeights weights(config);
    fill(weights.flat(), 1, 0.3);
    const Gradients kept = adapter_gradients(*GetParam(), weights.tensors(), 0);
    for (size_t recomputed : {1, 2, 9}) {
      const Gradients again = adapter_gradients(*GetParam(), weights.tensors(), recomputed);
      EXPECT_EQ(again.loss, kept.loss);
      EXPECT_EQ(again.adapter, kept.adapter);
    }
  }
}

double relative_difference(std::span<const float> actual, std::span<const float> expected) {
  double error = 0, norm = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    error += std::pow(actual[i] - expected[i], 2);
    norm += std::pow(expected[i], 2);
  }
  return std::sqrt(error / norm);
}

// bfloat16 has eight bits: a product of two rounded operands is off by some 2^-8, and a gradient
// goes through a dozen of them where the table multiplies bfloat16 itself.
TEST_P(EachIsa, HalfPrecisionIsNear) {
  const double bound = GetParam()->isa == kernels::Isa::kAvx512Bf16 ? 0x1p-8 * std::sqrt(12) : 4e-3;
  DecoderWeights weights(tiny_with_all());
  fill(weights.flat(), 1, 0.3);
  const Gradients exact = adapter_gradients(*GetParam(), weights.tensors(), 0);
  const Gradients rounded =
      adapter_gradients(*GetParam(), weights.tensors(), 1, kLora, nullptr, kernels::Compute::kBf16);
  EXPECT_NEAR(rounded.loss, exact.loss, 1e-3 * exact.loss);
  EXPECT_LT(relative_difference(rounded.adapter, exact.adapter), bound);
}

// Each product and both its gradients, with rows left over.
TEST_P(EachIsa, LayersToLearnThroughAgreeWithPlainSums) {
  const size_t M = 37, out = 52, in = 96;
  std::vector<float> w(out * in), x(M * in), dy(M * out);
  fill(w, 1, 0.1);
  fill(x, 2, 1);
  fill(dy, 3, 1);
  QuietContext context(2);
  // Both operands off by up to 2^-9 where bfloat16 itself is multiplied; nearer elsewhere.
  const double half = GetParam()->isa == kernels::Isa::kAvx512Bf16 ? 0x1p-8 : 1e-3;
  for (DType dtype : {DType::kF32, DType::kBF16, DType::kQ4_0}) {
    std::vector<uint8_t> stored(dtype_bytes(dtype, w.size()));
    quantize(dtype, w, stored.data());
    const Matrix W{dtype, out, in, stored.data()};
    std::vector<float> values(w.size());
    dequantize(dtype, stored.data(), values);
    for (const auto& [compute, bound] :
         {std::pair(kernels::Compute::kF32, 1e-6), std::pair(kernels::Compute::kBf16, half)}) {
      std::vector<float> y(M * out, 1), dx(M * in, 1), dw(out * in, 1);
      std::vector<float> y_sum(y), dx_sum(dx), dw_sum(dw);
      for (size_t m = 0; m < M; ++m) {
        for (size_t o = 0; o < out; ++o) {
          for (size_t i = 0; i < in; ++i) {
            y_sum[m * out + o] += x[m * in + i] * values[o * in + i];
            dx_sum[m * in + i] += dy[m * out + o] * values[o * in + i];
            dw_sum[o * in + i] += dy[m * out + o] * x[m * in + i];
          }
        }
      }
      kernels::training_linear(context, *GetParam(), compute, M, x.data(), W, y.data(), true);
      kernels::training_linear_dx(context, *GetParam(), compute, M, dy.data(), W, dx.data(), true);
      kernels::training_linear_dw(context, *GetParam(), compute, M, out, in, dy.data(), x.data(),
                                  dw.data());
      EXPECT_LT(relative_difference(y, y_sum), bound);
      EXPECT_LT(relative_difference(dx, dx_sum), bound);
      EXPECT_LT(relative_difference(dw, dw_sum), bound);
    }
  }
}

// Noise is the same when it is computed again, another for another seed, and half of what dropout
// leaves is twice as large.
TEST_P(EachIsa, DropoutAndNoiseFollowFromTheSeed) {
  DecoderWeights weights(tiny(false));
  fill(weights.flat(), 1, 0.3);
  LoraConfig lora = kLora;
  lora.lora_dropout = 0.5f;
  const TrainingNoise noise{7, 5}, other{8, 5}, without_neftune{7, 0};
  const auto run = [&](size_t recomputed, const TrainingNoise* of) {
    return adapter_gradients(*GetParam(), weights.tensors(), recomputed, lora, of);
  };
  const Gradients first = run(0, &noise);
  EXPECT_EQ(run(1, &noise).adapter, first.adapter);
  EXPECT_EQ(run(1, &noise).loss, first.loss);
  EXPECT_NE(run(0, &other).loss, first.loss);
  EXPECT_NE(run(0, &without_neftune).loss, first.loss);
  EXPECT_EQ(run(0, nullptr).loss, adapter_gradients(*GetParam(), weights.tensors(), 0).loss);
}

// Through dropout, a gradient is that of the function with the same places dropped. That function
// is in f32, so its differences are noisy.
TEST_P(EachIsa, GradientsThroughDropoutAgreeWithFiniteDifferences) {
  DecoderWeights weights(tiny(false));
  fill(weights.flat(), 1, 0.3);
  LoraConfig lora = kLora;
  lora.lora_dropout = 0.4f;
  LoraAdapter adapter(tiny(false), lora), grads(tiny(false), lora);
  fill(adapter.flat(), 2, 1);
  Problem problem;
  for (Segment& segment : problem.segments) segment.adapter = &adapter;
  QuietContext context(2);
  Decoder decoder(context, *GetParam(), weights.tensors());
  std::vector<float> hidden(problem.tokens.size() * 12), dhidden(hidden.size());
  auto activations = Decoder::make_activations();
  const TrainingNoise noise{3, 0};
  const Batch batch{problem.tokens, problem.segments, &noise};
  const auto loss = [&] {
    decoder.forward(batch, hidden, activations.get());
    return cross_entropy(context, *GetParam(), hidden, weights.tensors().lm_head,
                         problem.all_targets, dhidden, {}, {})
        .loss_sum;
  };
  loss();
  decoder.backward(batch, dhidden, *activations, nullptr, &grads);
  expect_gradient(adapter.parameters(), adapter.flat(), grads.flat(), loss, 2e-3);
}

// Through weights as they are stored, a gradient is that of the numbers they stand for.
TEST_P(EachIsa, StoredTypesGiveTheGradientsOfTheirValues) {
  DecoderConfig config = tiny(true);
  config.hidden_size = 64;
  config.head_dim = 16;
  config.intermediate_size = 96;
  DecoderWeights weights(config);
  fill(weights.flat(), 1, 0.2);
  for (DType dtype : {DType::kF16, DType::kBF16, DType::kQ8_0, DType::kQ4_0}) {
    std::vector<std::vector<uint8_t>> stored;
    DecoderTensors tensors = weights.tensors();
    const auto store = [&](Matrix& W) {
      stored.emplace_back(dtype_bytes(dtype, W.rows * W.cols));
      quantize(dtype, {static_cast<const float*>(W.data), W.rows * W.cols}, stored.back().data());
      W = {dtype, W.rows, W.cols, stored.back().data()};
    };
    store(tensors.embed_tokens);
    tensors.lm_head = tensors.embed_tokens;
    for (auto& layer : tensors.layers) {
      for (Matrix* W : {&layer.q_proj, &layer.k_proj, &layer.v_proj, &layer.o_proj,
                        &layer.gate_proj, &layer.up_proj, &layer.down_proj}) {
        store(*W);
      }
    }
    const Gradients expected = adapter_gradients(*GetParam(), to_f32(tensors).tensors(), 0);
    const Gradients actual = adapter_gradients(*GetParam(), tensors, 1);
    EXPECT_EQ(actual.loss, expected.loss);
    EXPECT_EQ(actual.adapter, expected.adapter);
  }
}

INSTANTIATE_TEST_SUITE_P(Gradient, EachIsa, ::testing::ValuesIn(kernels::available_kernels()),
                         [](const auto& tested) { return std::string(tested.param->name); });

TEST(CrossEntropy, BlocksChangeNothingAndUncountedRowsCostNothing) {
  Random random(4);
  const size_t N = 37, C = 8, V = 19;
  std::vector<float> hidden(N * C), head(V * C);
  fill(hidden, 1, 1);
  fill(head, 2, 1);
  std::vector<int32_t> targets(N);
  for (size_t i = 0; i < N; ++i) targets[i] = i % 3 == 0 ? -1 : static_cast<int32_t>(i % V);
  QuietContext context(2);
  const auto& kernels = kernels::choose_kernels("scalar");
  std::vector<float> first_dh, first_dw, first_losses;
  for (size_t block : {1, 5, 64}) {
    std::vector<float> dh(N * C), dw(V * C), losses(N);
    CrossEntropyOptions options;
    options.block_rows = block;
    options.gradient_scale = 0.5f;
    const auto result = cross_entropy(context, kernels, hidden, {DType::kF32, V, C, head.data()},
                                      targets, dh, dw, losses, options);
    EXPECT_EQ(result.tokens, 24u);
    if (block == 1) {
      first_dh = dh, first_dw = dw, first_losses = losses;
    }
    for (size_t i = 0; i < dh.size(); ++i) EXPECT_NEAR(dh[i], first_dh[i], 1e-6);
    for (size_t i = 0; i < dw.size(); ++i) EXPECT_NEAR(dw[i], first_dw[i], 1e-5);
    for (size_t i = 0; i < N; ++i) {
      EXPECT_NEAR(losses[i], first_losses[i], 1e-6);
      if (targets[i] < 0) {
        EXPECT_EQ(losses[i], 0);
        for (size_t c = 0; c < C; ++c) EXPECT_EQ(dh[i * C + c], 0);
      }
    }
  }
}

}  // namespace
}  // namespace twin
