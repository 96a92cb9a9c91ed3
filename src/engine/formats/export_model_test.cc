#include "engine/formats/export_model.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "engine/formats/gguf.h"
#include "engine/formats/model_folder.h"
#include "engine/formats/safetensors_folder.h"
#include "engine/formats/safetensors_writer.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(TWIN_SOURCE_DIR) / "tests/golden";

class ExportModel : public ::testing::Test {
 protected:
  ExportModel()
      : folder_(fs::path(::testing::TempDir()) / ("twin_export." + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~ExportModel() override { fs::remove_all(folder_); }

  static ModelToExport model_at(const fs::path& path) { return {open_model(path), nullptr, path}; }

  QuietContext context_{2};
  fs::path folder_;
};

class EveryFamily : public ExportModel, public ::testing::WithParamInterface<const char*> {};

// What a file cannot say: which way the pairs lie follows from the format, ends of text and the
// rounding of Gemma's scale are not in GGUF.
DecoderConfig comparable(DecoderConfig config) {
  config.rope_interleaved = false;
  config.bos_token_id = -1;
  config.eos_token_id.clear();
  config.embedding_scale = std::round(config.embedding_scale * 8) / 8;
  return config;
}

TEST_P(EveryFamily, SurvivesTheWayToGgufAndBackBitForBit) {
  const fs::path origin = kGolden / "families" / GetParam();
  const ModelToExport model = model_at(origin);
  export_gguf(context_, model, WeightTypes::kKeep, folder_ / "m.gguf");
  const ModelToExport gguf = model_at(folder_ / "m.gguf");
  EXPECT_EQ(comparable(gguf.tensors.config), comparable(model.tensors.config));
  const DecoderWeights wanted = load_weights(origin), found = load_weights(folder_ / "m.gguf");
  ASSERT_EQ(wanted.flat().size(), found.flat().size());
  for (size_t i = 0; i < wanted.flat().size(); ++i) ASSERT_EQ(wanted.flat()[i], found.flat()[i]);

  export_folder(context_, gguf, WeightTypes::kKeep, folder_ / "back");
  const SafetensorsFolder before(origin), after(folder_ / "back");
  for (const auto& [file, opened] : before.files()) {
    for (const auto& [name, tensor] : opened.tensors()) {
      ASSERT_NE(after.find(name), nullptr) << name;
      EXPECT_EQ(after.find(name)->dtype, tensor.dtype) << name;
      EXPECT_EQ(after.find(name)->bytes, tensor.bytes) << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Families, EveryFamily,
                         ::testing::Values("llama", "llama3", "mistral", "qwen2", "qwen3",
                                           "gemma3"),
                         [](const auto& family) { return std::string(family.param); });

TEST_F(ExportModel, NamedChatTemplatesAndAllEndTokensSurviveTheWayToGgufAndBack) {
  fs::copy(kGolden / "chat_model", folder_ / "origin");
  fs::create_directories(folder_ / "origin/additional_chat_templates");
  write_file_atomic(folder_ / "origin/additional_chat_templates/tool_use.jinja", "{{ tools }}");
  ModelToExport model = model_at(folder_ / "origin");
  model.tokenizer = load_tokenizer(model.origin);
  export_gguf(context_, model, WeightTypes::kKeep, folder_ / "m.gguf");
  ModelToExport gguf = model_at(folder_ / "m.gguf");
  gguf.tokenizer = load_tokenizer(gguf.origin);
  export_folder(context_, gguf, WeightTypes::kKeep, folder_ / "back");
  export_folder(context_, model, WeightTypes::kKeep, folder_ / "copy");
  const ChatSettings wanted = load_chat_settings(folder_ / "origin");
  ASSERT_EQ(wanted.templates.size(), 2u);
  for (const char* name : {"m.gguf", "back", "copy"}) {
    const ChatSettings found = load_chat_settings(folder_ / name);
    EXPECT_EQ(found.templates, wanted.templates) << name;
    EXPECT_EQ(found.special_tokens, wanted.special_tokens) << name;
    EXPECT_EQ(open_model(folder_ / name).config.eos_token_id, (std::vector<int32_t>{2, 0})) << name;
  }
}

TEST_F(ExportModel, ExistingTargetsAndImpossibleTypesAreRefused) {
  const ModelToExport model = model_at(kGolden / "families/llama");
  write_file_atomic(folder_ / "there", "mine");
  EXPECT_THROW(export_gguf(context_, model, WeightTypes::kF16, folder_ / "there"), Error);
  EXPECT_THROW(export_folder(context_, model, WeightTypes::kF16, folder_ / "there"), Error);
  EXPECT_THROW(export_folder(context_, model, WeightTypes::kQ8_0, folder_ / "new"), Error);
  EXPECT_EQ(read_file(folder_ / "there"), "mine");
  EXPECT_THROW(parse_weight_types("q3"), Error);
}

// Of rows that blocks of 256 divide.
DecoderWeights some_weights() {
  DecoderWeights weights(DecoderConfig{.vocab_size = 40,
                                       .hidden_size = 256,
                                       .intermediate_size = 512,
                                       .num_hidden_layers = 3,
                                       .num_attention_heads = 4,
                                       .num_key_value_heads = 2,
                                       .head_dim = 64,
                                       .max_position_embeddings = 64});
  initialize(weights, 3);
  return weights;
}

TEST_F(ExportModel, EachTypeComesNearTheWeights) {
  const DecoderWeights wanted = some_weights();
  const ModelToExport model{wanted.tensors(), nullptr, folder_ / "x"};
  for (const std::string& name : weight_type_names()) {
    const fs::path file = folder_ / (name + ".gguf");
    export_gguf(context_, model, parse_weight_types(name), file);
    const DecoderWeights found = load_weights(file);
    EXPECT_EQ(found.config().model_type, "llama");
    double miss = 0, size = 0;
    for (const Parameter& p : wanted.parameters()) {
      if (p.shape.size() == 1) continue;
      const auto offset = static_cast<size_t>(p.values.data() - wanted.flat().data());
      for (size_t i = 0; i < p.values.size(); ++i) {
        miss += std::pow(static_cast<double>(p.values[i] - found.flat()[offset + i]), 2);
        size += std::pow(static_cast<double>(p.values[i]), 2);
      }
    }
    const double allowed = name == "keep" || name == "f32" ? 0
                           : name == "f16"                 ? 3e-4
                           : name == "bf16"                ? 2.5e-3
                           : name == "q8_0"                ? 7e-3
                           : name == "q6_k"                ? 2.1e-2
                           : name.starts_with("q5")        ? 4.5e-2
                                                           : 9e-2;
    EXPECT_LE(std::sqrt(miss / size), allowed) << name;
  }
}

TEST_F(ExportModel, ValuesThatAreNotFiniteAreNotQuantised) {
  const DecoderWeights weights = some_weights();
  weights.layer(1).up_proj[5] = NAN;
  const ModelToExport model{weights.tensors(), nullptr, folder_ / "x"};
  EXPECT_THROW(export_gguf(context_, model, WeightTypes::kQ8_0, folder_ / "m.gguf"), Error);
  EXPECT_TRUE(fs::is_empty(folder_)) << "nothing is left of it";
}

TEST_F(ExportModel, LargeModelsAreCutIntoShards) {
  const DecoderTensors tensors = open_model(kGolden / "families/qwen3");
  const ExportPlan plan = plan_folder(tensors, WeightTypes::kF32);
  write_safetensors_model(context_, folder_, plan.tensors, 20000);
  EXPECT_FALSE(fs::exists(folder_ / "model.safetensors"));
  const SafetensorsFolder shards(folder_);
  EXPECT_GT(shards.files().size(), 3u);
  for (const PlannedTensor& tensor : plan.tensors) EXPECT_NE(shards.find(tensor.name), nullptr);
}

// Source: the types llama.cpp gives a Llama of 16 layers and hidden_size 2048.
TEST(WeightTypes, MixesAreLlamaCpps) {
  const DecoderConfig config{.num_hidden_layers = 16, .tie_word_embeddings = true};
  const auto type = [&](WeightTypes types, const char* name, size_t cols = 2048) {
    return matrix_type(types, config, name, cols, DType::kBF16);
  };
  const WeightTypes mix = WeightTypes::kQ4_K_M;
  EXPECT_EQ(type(mix, "model.embed_tokens.weight"), DType::kQ6_K);
  EXPECT_EQ(type(mix, "model.layers.0.self_attn.q_proj.weight"), DType::kQ4_K);
  std::string more;
  for (int layer = 0; layer < 16; ++layer) {
    const std::string name = "model.layers." + std::to_string(layer) + ".mlp.down_proj.weight";
    more += type(mix, name.c_str()) == DType::kQ6_K ? '6' : '4';
  }
  EXPECT_EQ(more, "6644644644644666");
  EXPECT_EQ(type(mix, "model.layers.0.self_attn.v_proj.weight", 576), DType::kQ8_0);
  EXPECT_EQ(type(mix, "model.layers.0.self_attn.q_proj.weight", 576), DType::kQ5_0);
  EXPECT_EQ(type(mix, "model.layers.0.self_attn.q_proj.weight", 40), DType::kF16);
  EXPECT_EQ(type(WeightTypes::kQ4_0, "model.embed_tokens.weight"), DType::kQ6_K);
  EXPECT_EQ(type(WeightTypes::kQ4_0, "model.embed_tokens.weight", 576), DType::kQ8_0);
  EXPECT_EQ(type(WeightTypes::kQ8_0, "model.embed_tokens.weight"), DType::kQ8_0);
  EXPECT_EQ(type(WeightTypes::kBF16, "model.embed_tokens.weight"), DType::kBF16);
  EXPECT_EQ(type(WeightTypes::kKeep, "model.embed_tokens.weight"), DType::kBF16);
}

}  // namespace
}  // namespace twin
