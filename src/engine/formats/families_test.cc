#include "engine/formats/families.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <functional>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "engine/formats/export_model.h"
#include "engine/formats/model_folder.h"
#include "engine/model/decoder.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(TWIN_SOURCE_DIR) / "tests/golden/families";

DecoderConfig config_of(const std::function<void(Json&)>& change, const char* family) {
  const fs::path file = kGolden / family / "config.json";
  Json json = parse_json(read_file(file), file.string());
  change(json);
  return parse_config(dump_json(json), "config.json");
}

void expect_refused(const std::function<void(Json&)>& change, const char* family,
                    const std::string& saying) {
  try {
    config_of(change, family);
    ADD_FAILURE() << family << " accepted; expected: " << saying;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput) << error.what();
    EXPECT_NE(std::string(error.what()).find(saying), std::string::npos) << error.what();
  }
}

// Source: transformers, tests/golden/make_family_golden.py.
class Logits {
 public:
  explicit Logits(DecoderTensors model)
      : kernels_(kernels::choose_kernels("")), decoder_(context_, kernels_, std::move(model)) {}

  // The largest difference from what the family's file of logits has.
  float largest_difference(const char* family, const char* name = "logits.json") {
    const fs::path file = kGolden / family / name;
    const Json golden = parse_json(read_file(file), file.string());
    float largest = 0;
    for (const Json& prompt : golden.at("prompts")) {
      const auto ids = prompt.at("ids").get<std::vector<int32_t>>();
      const size_t C = decoder_.config().hidden_size;
      const Segment segment{ids.size(), nullptr};
      std::vector<float> hidden(ids.size() * C), logits(decoder_.config().vocab_size);
      decoder_.forward({ids, {&segment, 1}}, hidden);
      for (size_t i = 0; i < prompt.at("positions").size(); ++i) {
        const auto position = prompt["positions"][i].get<size_t>();
        const auto wanted = prompt.at("logits").at(i).get<std::vector<float>>();
        decoder_.logits(std::span(hidden).subspan(position * C, C), logits);
        EXPECT_EQ(logits.size(), wanted.size());
        for (size_t v = 0; v < logits.size(); ++v) {
          // Not a number is a difference as well.
          const float miss = std::abs(logits[v] - wanted[v]);
          largest = miss <= largest ? largest : miss;
        }
      }
    }
    return largest;
  }

 private:
  QuietContext context_{1};
  const kernels::Kernels& kernels_;
  Decoder decoder_;
};

class EachFamily : public ::testing::TestWithParam<const char*> {};

TEST_P(EachFamily, OpensWithEveryTensorInPlace) {
  DecoderTensors tensors = open_model(kGolden / GetParam());
  for (const TensorSlot& slot : tensor_slots(tensors)) {
    if (slot.matrix != nullptr) {
      EXPECT_EQ(slot.matrix->rows, slot.shape[0]) << slot.name;
      EXPECT_FALSE(slot.matrix->empty()) << slot.name;
    } else {
      EXPECT_EQ(slot.vector->size(), slot.shape[0]) << slot.name;
    }
  }
  EXPECT_FALSE(tensors.lm_head.empty());
}

TEST_P(EachFamily, ConfigSurvivesTheWayThroughOurWriting) {
  const DecoderConfig config = read_config(kGolden / GetParam() / "config.json");
  EXPECT_EQ(parse_config(config_json(config, "bfloat16"), "again"), config);
}

TEST_P(EachFamily, LogitsAreThoseOfTransformers) {
  const DecoderTensors stored = open_model(kGolden / GetParam());
  EXPECT_LT(Logits(to_f32(stored).tensors()).largest_difference(GetParam()), 1e-3f);
  // Where weights are stored as F16 or BF16, a prompt's many rows may be multiplied in 16-bit
  // integers with a scale per block (linear_call.h); the golden logits' arithmetic is f32.
  EXPECT_LT(Logits(stored).largest_difference(GetParam()), 1e-2f);
}

TEST_P(EachFamily, LogitsAreTheSameFromGguf) {
  // transformers rounds Gemma's scale of embeddings, sqrt(C), to the type the model is opened in;
  // GGUF has no key for that, and llama.cpp multiplies with the root as f32 has it.
  const bool rounded = read_config(kGolden / GetParam() / "config.json").embedding_scale != 1;
  const char* golden = rounded ? "logits_f32_scale.json" : "logits.json";
  QuietContext context(1);
  const fs::path file = fs::path(::testing::TempDir()) /
                        (std::string("twin_families.") + std::to_string(::getpid()) + ".gguf");
  fs::remove(file);
  const ModelToExport model{open_model(kGolden / GetParam()), nullptr, kGolden / GetParam()};
  export_gguf(context, model, WeightTypes::kKeep, file);
  EXPECT_LT(Logits(to_f32(open_model(file)).tensors()).largest_difference(GetParam(), golden),
            1e-3f);
  fs::remove(file);
}

INSTANTIATE_TEST_SUITE_P(Families, EachFamily,
                         ::testing::Values("llama", "llama3", "mistral", "qwen2", "qwen3",
                                           "gemma3"),
                         [](const auto& family) { return std::string(family.param); });

// A GGUF file of Llama holds q's and k's rows in another order than adapters do.
TEST(Families, AnAdapterIsTheSameOverAFolderAndAGgufFile) {
  QuietContext context(1);
  const kernels::Kernels& kernels = kernels::choose_kernels("");
  const fs::path folder =
      fs::path(::testing::TempDir()) / ("twin_families_lora." + std::to_string(::getpid()));
  fs::remove_all(folder);
  fs::create_directories(folder);
  const ModelToExport base{open_model(kGolden / "llama3"), nullptr, kGolden / "llama3"};
  export_gguf(context, base, WeightTypes::kKeep, folder / "base.gguf");
  LoraAdapter made(base.tensors.config, {.r = 2, .lora_alpha = 8});
  initialize(made, 3);
  Random random(4);
  for (float& x : made.flat()) x += static_cast<float>(0.1 * random.normal());
  save_adapter(folder, made, "base.gguf");

  const std::vector<int32_t> ids = {5, 17, 90, 3, 44, 8, 61};
  const auto hidden_of = [&](const fs::path& model) {
    // In f32: heads' rows in another order are summed in another, and what that changes in the last
    // bit may round to another of 16-bit integers.
    const DecoderWeights weights = to_f32(open_model(model));
    const DecoderTensors tensors = weights.tensors();
    const LoraAdapter adapter = load_adapter(folder, tensors.config);
    Decoder decoder(context, kernels, tensors);
    const Segment segment{ids.size(), nullptr, &adapter};
    std::vector<float> hidden(ids.size() * tensors.config.hidden_size);
    decoder.forward({ids, {&segment, 1}}, hidden);
    return hidden;
  };
  const std::vector<float> wanted = hidden_of(kGolden / "llama3");
  const std::vector<float> found = hidden_of(folder / "base.gguf");
  for (size_t i = 0; i < wanted.size(); ++i) ASSERT_NEAR(found[i], wanted[i], 1e-5f) << i;
  fs::remove_all(folder);
}

TEST(Families, EachReadsWhatIsItsOwn) {
  const auto read = [](const char* name) { return read_config(kGolden / name / "config.json"); };
  const DecoderConfig llama3 = read("llama3");
  EXPECT_EQ(llama3.rope_scaling, (RopeScaling{RopeScaling::Type::kLlama3, 4, 1, 4, 24}));
  EXPECT_EQ(llama3.head_dim, 16u);
  const DecoderConfig mistral = read("mistral");
  EXPECT_EQ(mistral.sliding_window, 9u);
  EXPECT_TRUE(mistral.is_local(1));
  const DecoderConfig qwen2 = read("qwen2");
  EXPECT_TRUE(qwen2.attention_bias);
  EXPECT_EQ(qwen2.local_layers, (std::vector<bool>{false, true, true}));
  EXPECT_EQ(qwen2.rope_theta, 1e6f);
  const DecoderConfig qwen3 = read("qwen3");
  EXPECT_TRUE(qwen3.qk_norm);
  EXPECT_EQ(qwen3.sliding_window, 0u);
  const DecoderConfig gemma3 = read("gemma3");
  EXPECT_EQ(gemma3.local_layers, (std::vector<bool>{true, true, false, true}));
  EXPECT_EQ(gemma3.rope_theta, 1e6f);
  EXPECT_EQ(gemma3.rope_local_base_freq, 1e4f);
  EXPECT_EQ(gemma3.rope_scaling.factor, 8);
  EXPECT_EQ(gemma3.query_pre_attn_scalar, 24);
  EXPECT_EQ(gemma3.embedding_scale, 6.3125f) << "sqrt(40) as bfloat16";
  EXPECT_EQ(gemma3.hidden_act, HiddenAct::kGeluTanh);
}

// Llama 3.1's, Mistral 7B's, Qwen2.5's and Gemma 3's files on the hub are written so.
TEST(Families, OlderSpellingsMeanTheSame) {
  const auto older = [](Json& json) {
    const Json rope = json["rope_parameters"];
    json.erase("rope_parameters");
    json["torch_dtype"] = json["dtype"];
    json.erase("dtype");
    if (rope.contains("full_attention")) {
      json["rope_theta"] = rope["full_attention"]["rope_theta"];
      json["rope_local_base_freq"] = rope["sliding_attention"]["rope_theta"];
      json["rope_scaling"] = {{"type", "linear"}, {"factor", rope["full_attention"]["factor"]}};
      return;
    }
    json["rope_theta"] = rope["rope_theta"];
    json["rope_scaling"] = rope["rope_type"] == "default" ? Json(nullptr) : rope;
  };
  for (const char* family : {"llama", "llama3", "mistral", "qwen2", "qwen3", "gemma3"}) {
    EXPECT_EQ(config_of(older, family), config_of([](Json&) {}, family)) << family;
  }
}

TEST(Families, WindowsComeFromCountsAndPatterns) {
  const auto without_types = [](Json& json) { json.erase("layer_types"); };
  EXPECT_EQ(config_of(without_types, "qwen2").local_layers, (std::vector<bool>{false, true, true}));
  const DecoderConfig gemma = config_of(
      [&](Json& json) {
        json.erase("layer_types");
        json["sliding_window_pattern"] = 2;
      },
      "gemma3");
  EXPECT_EQ(gemma.local_layers, (std::vector<bool>{true, false, true, false}));
  const auto no_window = [](Json& json) { json["sliding_window"] = nullptr; };
  EXPECT_EQ(config_of(no_window, "mistral").sliding_window, 0u);
  EXPECT_EQ(config_of(no_window, "qwen2").sliding_window, 0u);
  EXPECT_EQ(config_of([](Json& j) { j.erase("sliding_window"); }, "mistral").sliding_window, 4096u);
}

TEST(Families, TheTextPartOfALargerGemmaIsFound) {
  const DecoderConfig config = parse_config(
      R"({"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3",
          "eos_token_id": [1, 106], "torch_dtype": "bfloat16",
          "text_config": {"model_type": "gemma3_text", "hidden_size": 2560,
            "intermediate_size": 10240, "num_hidden_layers": 34, "sliding_window": 1024,
            "rope_scaling": {"factor": 8.0, "rope_type": "linear"}}, "vision_config": {}})",
      "config.json");
  EXPECT_EQ(config.model_type, "gemma3_text");
  EXPECT_EQ(config.num_attention_heads, 8u);
  EXPECT_EQ(config.head_dim, 256u);
  EXPECT_EQ(config.vocab_size, 262208u);
  EXPECT_TRUE(config.tie_word_embeddings);
  EXPECT_FALSE(config.local_layers[5]);
  EXPECT_EQ(config.eos_token_id, (std::vector<int32_t>{1, 106}));
}

TEST(Families, SettingsThatChangeTheModelAreRefusedByName) {
  const auto set = [](const char* name, const Json& value) {
    return [=](Json& json) { json[name] = value; };
  };
  for (const char* family : {"llama", "mistral", "qwen3", "gemma3"}) {
    expect_refused(set("attention_bias", true), family, "attention_bias true");
  }
  expect_refused(set("mlp_bias", true), "llama", "mlp_bias");
  expect_refused(set("final_logit_softcapping", 30.0), "gemma3", "final_logit_softcapping");
  expect_refused(set("attn_logit_softcapping", 50.0), "gemma3", "attn_logit_softcapping");
  expect_refused(set("use_bidirectional_attention", true), "gemma3", "use_bidirectional_attention");
  expect_refused(set("num_local_experts", 8), "mistral", "num_local_experts 8");
  expect_refused(set("partial_rotary_factor", 0.5), "llama", "partial_rotary_factor");
  expect_refused(set("quantization_config", {{"bits", 4}}), "llama", "quantization_config");
  expect_refused(set("hidden_act", "gelu"), "qwen2", "hidden_act \"gelu\"");
  expect_refused(set("hidden_activation", "gelu"), "gemma3", "\"gelu\"");
  expect_refused(set("layer_types", {"chunked_attention", "full_attention", "full_attention"}),
                 "qwen2", "layer_types \"chunked_attention\"");
  expect_refused(set("layer_types", {"full_attention"}), "gemma3", "layer_types");
  expect_refused(set("rope_parameters", {{"rope_type", "yarn"}, {"factor", 4}}), "qwen2",
                 "\"yarn\"");
  expect_refused(set("rope_parameters", {{"rope_type", "llama3"}, {"factor", 4}}), "llama3",
                 "low_freq_factor");
  expect_refused(set("model_type", "mixtral"), "llama", "\"mixtral\" is not supported");
  expect_refused(set("model_type", "gemma3"), "gemma3", "'text_config' is no object");
}

}  // namespace
}  // namespace twin
