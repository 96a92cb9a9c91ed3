#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/files.h"
#include "base/json.h"
#include "engine/formats/export_model.h"
#include "engine/formats/model_folder.h"
#include "engine/learn/cross_entropy.h"
#include "engine/learn/golden_gradients.h"
#include "engine/learn/packing.h"
#include "engine/model/decoder.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(TWIN_SOURCE_DIR) / "tests/golden";

// Source: PyTorch and PEFT, tests/golden/make_training_golden.py.
class EachCase : public ::testing::TestWithParam<const char*> {};

TEST_P(EachCase, LossAndGradientsAreThoseOfPyTorch) {
  const fs::path file = kGolden / "training" / (std::string(GetParam()) + ".json");
  const Json golden = parse_json(read_file(file), file.string());
  const DecoderTensors stored =
      open_model(kGolden / "families" / golden.at("family").get<std::string>());
  const bool full = !fs::exists(kGolden / "training" / GetParam());
  QuietContext context(2);
  const kernels::Kernels& kernels = kernels::choose_kernels("");

  // An adapter is trained through the weights as the file has them, in BF16.
  const DecoderWeights weights = to_f32(stored);
  const DecoderTensors tensors = full ? weights.tensors() : stored;
  std::optional<LoraAdapter> adapter, adapter_grads;
  std::optional<DecoderWeights> grads;
  if (full) {
    grads.emplace(stored.config);
  } else {
    adapter.emplace(load_adapter(kGolden / "training" / GetParam(), stored.config));
    update_norms(context, *adapter, tensors);
    adapter_grads.emplace(stored.config, adapter->lora());
  }

  std::vector<TrainingSequence> sequences;
  for (const Json& sequence : golden.at("sequences")) {
    sequences.push_back({sequence.at("tokens"), sequence.at("mask")});
  }
  const std::vector<size_t> order = {2, 0, 1};
  std::vector<PackedBatch> packed = pack(sequences, order, 128);
  ASSERT_EQ(packed.size(), 1u);
  PackedBatch& batch = packed[0];
  batch.set_adapter(adapter ? &*adapter : nullptr);

  Decoder decoder(context, kernels, tensors);
  std::vector<float> hidden(batch.tokens.size() * stored.config.hidden_size);
  std::vector<float> dhidden(hidden.size());
  ActivationsPtr activations = Decoder::make_activations({.recomputed_layers = 1});
  decoder.forward(batch.batch(), hidden, activations.get());
  CrossEntropyOptions options;
  options.gradient_scale = 1 / static_cast<float>(batch.counted());
  const CrossEntropyResult result =
      cross_entropy(context, kernels, hidden, tensors.lm_head, batch.targets, dhidden,
                    grads ? grads->lm_head() : std::span<float>(), {}, options);
  decoder.backward(batch.batch(), dhidden, *activations, grads ? &*grads : nullptr,
                   adapter_grads ? &*adapter_grads : nullptr);
  EXPECT_NEAR(result.loss_sum / static_cast<double>(result.tokens), golden.at("loss").get<double>(),
              1e-5);

  expect_gradients_of(kGolden / "training" / (std::string(GetParam()) + ".safetensors"),
                      full ? grads->parameters() : adapter_grads->parameters());
}

INSTANTIATE_TEST_SUITE_P(Training, EachCase,
                         ::testing::Values("full_llama3", "full_qwen3", "lora_llama3",
                                           "rslora_gemma3", "dora_qwen3"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace twin
