#include "engine/formats/model_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/random.h"
#include "engine/formats/safetensors.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

DecoderConfig tiny(bool tied) {
  return {.vocab_size = 19,
          .hidden_size = 12,
          .intermediate_size = 20,
          .num_hidden_layers = 2,
          .num_attention_heads = 4,
          .num_key_value_heads = 2,
          .head_dim = 6,
          .max_position_embeddings = 77,
          .rms_norm_eps = 3e-6f,
          .rope_theta = 500000.0f,
          .tie_word_embeddings = tied,
          .bos_token_id = 1,
          .eos_token_id = {2, 5}};
}

DecoderWeights some_weights(bool tied) {
  DecoderWeights weights(tiny(tied));
  initialize(weights, 7);
  return weights;
}

bool same_bytes(std::span<const float> a, std::span<const float> b) {
  return std::ranges::equal(std::as_bytes(a), std::as_bytes(b));
}

class ModelFolder : public ::testing::Test {
 protected:
  ModelFolder()
      : folder_(fs::path(::testing::TempDir()) /
                ("twin_model_folder_test." + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~ModelFolder() override { fs::remove_all(folder_); }

  void change_json(const char* file, const std::function<void(Json&)>& change) {
    Json json = parse_json(read_file(folder_ / file), file);
    change(json);
    write_file_atomic(folder_ / file, dump_json(json));
  }
  // Refused as bad input, by an error that holds `saying`.
  static void expect_refused(const std::function<void()>& load, const std::string& saying) {
    try {
      load();
      ADD_FAILURE() << "accepted; expected: " << saying;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput) << error.what();
      EXPECT_NE(std::string(error.what()).find(saying), std::string::npos)
          << error.what() << "; expected: " << saying;
    }
  }
  void expect_weights_refused(const std::string& saying) {
    expect_refused([&] { load_weights(folder_); }, saying);
  }
  void expect_adapter_refused(const std::string& saying) {
    expect_refused([&] { load_adapter(folder_, tiny(false)); }, saying);
  }
  fs::path folder_;
};

TEST_F(ModelFolder, SavedModelIsLoadedBitForBit) {
  for (bool tied : {false, true}) {
    const DecoderWeights saved = some_weights(tied);
    save_weights(folder_, saved);
    const DecoderWeights loaded = load_weights(folder_);
    EXPECT_EQ(loaded.config(), tiny(tied));
    EXPECT_TRUE(same_bytes(loaded.flat(), saved.flat()));
    EXPECT_EQ(SafetensorsFile(folder_ / "model.safetensors").tensors().count("lm_head.weight"),
              tied ? 0u : 1u);
  }
}

TEST_F(ModelFolder, ShardsAreOneModel) {
  const DecoderWeights saved = some_weights(false);
  save_weights(folder_, saved);
  fs::remove(folder_ / "model.safetensors");
  Json index = {{"metadata", {{"total_size", 1}}}, {"weight_map", Json::object()}};
  std::vector<TensorToWrite> shards[2];
  for (size_t i = 0; i < saved.parameters().size(); ++i) {
    const Parameter& p = saved.parameters()[i];
    shards[i % 2].push_back({p.name, p.shape, p.values});
    index["weight_map"][p.name] = i % 2 == 0 ? "one.safetensors" : "two.safetensors";
  }
  write_safetensors(folder_ / "one.safetensors", shards[0]);
  write_safetensors(folder_ / "two.safetensors", shards[1]);
  const auto write_index = [&] {
    write_file_atomic(folder_ / "model.safetensors.index.json", dump_json(index));
  };
  write_index();
  EXPECT_TRUE(same_bytes(load_weights(folder_).flat(), saved.flat()));

  index["weight_map"]["model.norm.weight"] = "../one.safetensors";
  write_index();
  expect_weights_refused("'model.norm.weight' is not in a file of this folder");
  index["weight_map"]["model.norm.weight"] = "..";
  write_index();
  expect_weights_refused("not a regular file");
  index["weight_map"]["model.norm.weight"] = "three.safetensors";
  write_index();
  expect_weights_refused("three.safetensors");
  index["weight_map"] = {"one.safetensors"};
  write_index();
  expect_weights_refused("no weight_map");
}

TEST_F(ModelFolder, HalfPrecisionTensorsAreTakenAsTheirValues) {
  const DecoderWeights saved = some_weights(true);
  save_weights(folder_, saved);
  std::string header, data;
  for (const Parameter& p : saved.parameters()) {
    Json entry = {{"dtype", "BF16"}, {"shape", p.shape}};
    entry["data_offsets"] = {data.size(), data.size() + 2 * p.values.size()};
    header += (header.empty() ? "{\"" : ",\"") + p.name + "\":" + dump_json(entry);
    for (float x : p.values) data.append(reinterpret_cast<const char*>(&x) + 2, 2);
  }
  header += "}";
  const uint64_t size = header.size();
  write_file_atomic(folder_ / "model.safetensors",
                    std::string(reinterpret_cast<const char*>(&size), 8) + header + data);
  const DecoderWeights loaded = load_weights(folder_);
  for (size_t i = 0; i < saved.flat().size(); ++i) {
    // Cut, not rounded: at most one unit of the eight bits that are left.
    ASSERT_NEAR(loaded.flat()[i], saved.flat()[i], std::abs(saved.flat()[i]) / 128);
  }
}

TEST_F(ModelFolder, FolderThatIsNoModelIsRefusedByName) {
  expect_refused([&] { load_weights(folder_ / "missing"); }, "missing: no model there");
  expect_weights_refused("config.json");
  save_weights(folder_, some_weights(false));
  fs::remove(folder_ / "model.safetensors");
  expect_weights_refused("no model.safetensors");
}

TEST_F(ModelFolder, TensorsThatDoNotFitTheConfigAreRefusedByName) {
  const DecoderWeights saved = some_weights(false);
  save_weights(folder_, saved);
  std::vector<TensorToWrite> tensors;
  for (const Parameter& p : saved.parameters()) tensors.push_back({p.name, p.shape, p.values});
  std::vector<TensorToWrite> fewer = tensors;
  std::erase_if(fewer, [](auto& t) { return t.name == "model.layers.1.mlp.up_proj.weight"; });
  write_safetensors(folder_ / "model.safetensors", fewer);
  expect_weights_refused("tensor 'model.layers.1.mlp.up_proj.weight' is missing");

  tensors[1].shape = {4, 3};
  write_safetensors(folder_ / "model.safetensors", tensors);
  expect_weights_refused(
      "tensor 'model.layers.0.input_layernorm.weight' has shape (4, 3); expected (12)");

  // Refused from the sizes alone, before memory for such a model is taken.
  change_json("config.json", [](Json& j) {
    j["vocab_size"] = 1 << 20;
    j["hidden_size"] = 1 << 20;
  });
  expect_weights_refused("'model.embed_tokens.weight' has shape (19, 12)");
}

TEST_F(ModelFolder, ConfigOutOfTheOrdinaryIsRefusedByName) {
  const std::vector<std::pair<const char*, std::function<void(Json&)>>> spoilers = {
      {"model_type", [](Json& j) { j["model_type"] = "gpt2"; }},
      {"hidden_act", [](Json& j) { j["hidden_act"] = "gelu"; }},
      {"rope_scaling",
       [](Json& j) {
         j["rope_scaling"] = {{"type", "linear"}};
       }},
      {"attention_bias", [](Json& j) { j["attention_bias"] = true; }},
      {"attention_bias", [](Json& j) { j["attention_bias"] = "no"; }},
      {"mlp_bias", [](Json& j) { j["mlp_bias"] = true; }},
      {"vocab_size", [](Json& j) { j.erase("vocab_size"); }},
      {"vocab_size", [](Json& j) { j["vocab_size"] = -19; }},
      {"vocab_size", [](Json& j) { j["vocab_size"] = 0; }},
      {"hidden_size", [](Json& j) { j["hidden_size"] = "12"; }},
      {"intermediate_size", [](Json& j) { j["intermediate_size"] = 1.5; }},
      {"num_hidden_layers", [](Json& j) { j["num_hidden_layers"] = UINT64_MAX; }},
      {"num_attention_heads", [](Json& j) { j["num_attention_heads"] = 0; }},
      {"num_key_value_heads", [](Json& j) { j["num_key_value_heads"] = 3; }},
      {"head_dim", [](Json& j) { j["head_dim"] = 5; }},
      {"rms_norm_eps", [](Json& j) { j["rms_norm_eps"] = "small"; }},
      {"rope_theta", [](Json& j) { j["rope_theta"] = -1; }},
      {"tie_word_embeddings", [](Json& j) { j["tie_word_embeddings"] = 1; }},
      {"bos_token_id", [](Json& j) { j["bos_token_id"] = "<s>"; }},
      {"bos_token_id", [](Json& j) { j["bos_token_id"] = int64_t{1} << 32; }},
      {"eos_token_id",
       [](Json& j) {
         j["eos_token_id"] = {2, nullptr};
       }},
      {"expected an object", [](Json& j) { j = Json::array(); }}};
  const fs::path file = folder_ / "config.json";
  for (const auto& [field, spoil] : spoilers) {
    write_file_atomic(file, config_json(tiny(false)));
    change_json("config.json", spoil);
    expect_refused([&] { read_config(file); }, field);
    expect_refused([&] { read_config(file); }, file.string());
  }
  write_file_atomic(file, config_json(tiny(false)).substr(0, 100));
  expect_refused([&] { read_config(file); }, "not valid JSON");
}

// Source: the defaults of transformers' LlamaConfig.
TEST_F(ModelFolder, WhatAConfigLeavesOutIsWhatTransformersTakes) {
  write_file_atomic(folder_ / "config.json",
                    R"({"vocab_size": 32, "hidden_size": 16, "eos_token_id": 2,
      "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 4,
      "bos_token_id": null, "rope_scaling": null})");
  const DecoderConfig config = read_config(folder_ / "config.json");
  EXPECT_EQ(config.num_key_value_heads, 4u);
  EXPECT_EQ(config.head_dim, 4u);
  EXPECT_EQ(config.max_position_embeddings, 2048u);
  EXPECT_EQ(config.rms_norm_eps, 1e-6f);
  EXPECT_EQ(config.rope_theta, 10000.0f);
  EXPECT_FALSE(config.tie_word_embeddings);
  EXPECT_EQ(config.bos_token_id, -1);
  EXPECT_EQ(config.eos_token_id, std::vector<int32_t>{2});
}

TEST_F(ModelFolder, SavedAdapterIsLoadedBitForBit) {
  LoraConfig lora{.r = 3, .lora_alpha = 12};
  lora.use_dora = lora.use_rslora = true;
  lora.lora_dropout = 0.25f;
  DecoderConfig interleaved = tiny(false);  // as a base from GGUF: the file has the usual order
  interleaved.rope_interleaved = true;
  for (const DecoderConfig& config : {tiny(false), interleaved}) {
    LoraAdapter saved(config, lora);
    initialize(saved, 5);
    Random random(6);
    for (float& x : saved.flat()) x += static_cast<float>(random.normal());
    save_adapter(folder_, saved, "some/base");
    const LoraAdapter loaded = load_adapter(folder_, config);
    EXPECT_EQ(loaded.lora(), lora);
    EXPECT_TRUE(same_bytes(loaded.flat(), saved.flat()));
    const LoraAdapter elsewhere = load_adapter(folder_, tiny(false));
    EXPECT_EQ(same_bytes(elsewhere.flat(), saved.flat()), !config.rope_interleaved);
  }
}

// Patterns and the modules they are for, as PEFT's get_pattern_key() assigns them.
TEST_F(ModelFolder, AdapterHasRanksOfItsOwnWherePatternsSaySo) {
  LoraConfig lora{.r = 3, .lora_alpha = 12};
  lora.own["model.layers.0.self_attn.q_proj"] = {2, 12};
  lora.own["model.layers.1.self_attn.q_proj"] = {2, 7};
  lora.own["model.layers.1.mlp.down_proj"] = {5, 3};
  LoraAdapter saved(tiny(false), lora);
  initialize(saved, 5);
  save_adapter(folder_, saved, "some/base");
  const auto loaded = [&] { return load_adapter(folder_, tiny(false)); };
  EXPECT_EQ(loaded().lora(), lora);
  EXPECT_TRUE(same_bytes(loaded().flat(), saved.flat()));
  EXPECT_FLOAT_EQ(loaded().pair(1, 0).scale, 3.5f);
  EXPECT_FLOAT_EQ(loaded().pair(1, 6).scale, 0.6f);
  EXPECT_FLOAT_EQ(loaded().pair(1, 1).scale, 4.0f);
  change_json("adapter_config.json", [](Json& j) {
    j["rank_pattern"] = {{"q_proj", 2}, {"layers.1.mlp.down_proj", 5}};
    j["alpha_pattern"] = {
        {"^model\\.layers\\.1\\.self_attn\\.[q]_proj", 7}, {"1.*down_proj", 3}, {"own_proj", 99}};
  });
  EXPECT_EQ(loaded().lora(), lora);
  for (const Json& value : {Json(5), Json{{"q_proj", "2"}}, Json{{"(", 2}}, Json{{"q_proj", -1}},
                            Json{{"q_proj", 1e300}}, Json{{"q_proj", 0}}}) {
    change_json("adapter_config.json", [&](Json& j) { j["rank_pattern"] = value; });
    expect_adapter_refused(value.is_object() && value.contains("q_proj") &&
                                   value["q_proj"].is_number() && value["q_proj"] != -1
                               ? "expected r from 1"
                               : "adapter_config.json");
  }
}

TEST_F(ModelFolder, AdapterOutOfTheOrdinaryIsRefused) {
  LoraAdapter adapter(tiny(false), {.r = 3, .lora_alpha = 12});
  const std::vector<std::pair<const char*, std::function<void(Json&)>>> spoilers = {
      {"peft_type", [](Json& j) { j["peft_type"] = "IA3"; }},
      {"peft_type", [](Json& j) { j["peft_type"] = 5; }},
      {"peft_type", [](Json& j) { j.erase("peft_type"); }},
      {"peft_type", [](Json& j) { j = Json::array(); }},
      {"'r'", [](Json& j) { j["r"] = -3; }},
      {"'r'", [](Json& j) { j.erase("r"); }},
      {"r is 0", [](Json& j) { j["r"] = 0; }},
      {"expected r from 1", [](Json& j) { j["r"] = UINT64_MAX; }},
      {"lora_alpha", [](Json& j) { j["lora_alpha"] = "12"; }},
      {"lora_alpha", [](Json& j) { j["lora_alpha"] = 0; }},
      {"q_proj.lora_magnitude_vector", [](Json& j) { j["use_dora"] = true; }},
      {"target module 'lm_head'", [](Json& j) { j["target_modules"] = {"lm_head"}; }},
      {"target_modules", [](Json& j) { j["target_modules"] = ".*"; }},
      {"has shape", [](Json& j) { j["r"] = 4; }}};
  for (const auto& [saying, spoil] : spoilers) {
    save_adapter(folder_, adapter, "some/base");
    change_json("adapter_config.json", spoil);
    expect_adapter_refused(saying);
  }
  save_adapter(folder_, adapter, "some/base");
  change_json("adapter_config.json", [](Json& j) { j["use_dora"] = nullptr; });
  EXPECT_NO_THROW(load_adapter(folder_, tiny(false)));

  DecoderConfig deeper = tiny(false);
  deeper.num_hidden_layers = 3;
  expect_refused([&] { load_adapter(folder_, deeper); }, "layers.2.self_attn.q_proj.lora_A.weight");
  fs::remove(folder_ / "adapter_model.safetensors");
  expect_adapter_refused("adapter_model.safetensors");
}

TEST_F(ModelFolder, TokenizerThatIsNotThereIsRefusedByName) {
  expect_refused([&] { load_tokenizer(folder_); }, "tokenizer.json");
  write_file_atomic(folder_ / "tokenizer.json", "{}");
  expect_refused([&] { load_tokenizer(folder_); }, "tokenizer.json: ");
  write_file_atomic(folder_ / "tok.bin", "{}");
  expect_refused([&] { load_tokenizer(folder_ / "tok.bin"); }, "tok.bin: ends inside token 0");
}

}  // namespace
}  // namespace twin
