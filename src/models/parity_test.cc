#include "models/parity.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/formats/gguf.h"
#include "engine/formats/gguf_writer.h"
#include "engine/formats/model_folder.h"
#include "models/exported_model.h"
#include "models/model_chat.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(TWIN_SOURCE_DIR) / "tests/golden";

// A copy of a chat model and of an adapter over it, with its record.
class Parity : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    fs::copy(kGolden / "chat_model", base_, fs::copy_options::recursive);
    fs::remove_all(base_ / "adapter");
    fs::create_directories(adapter_);
    const auto weights = std::make_shared<const DecoderTensors>(open_model(base_));
    LoraAdapter adapter(weights->config, {.r = 4, .lora_alpha = 8});
    randomise(adapter, 0.1f);
    save_adapter(adapter_, adapter, "../base");
    write_parity(context_, kernels_, load(adapter_), PromptTemplate::kChat, adapter_);
    write_parity(context_, kernels_, load(base_), PromptTemplate::kChat, base_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static void randomise(LoraAdapter& adapter, float size) {
    initialize(adapter, 2);
    Random random(3);
    for (float& value : adapter.flat()) value += size * static_cast<float>(random.normal());
  }
  LanguageModel load(const fs::path& path, bool unverified = false) {
    return load_language_model(context_, kernels_, path, {.unverified = unverified});
  }
  void edit(const fs::path& file, const std::function<void(OrderedJson&)>& change) {
    OrderedJson json = parse_ordered_json(read_file(file), file.string());
    change(json);
    write_file_atomic(file, dump_json(json, 2));
  }
  // What loading says against it, and that it can be loaded all the same.
  std::string refusal(const fs::path& path) {
    EXPECT_NO_THROW(load(path, true));
    try {
      load(path);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      return error.what();
    }
    return "not refused";
  }
  static bool says(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  }
  Drift export_to(const fs::path& path, WeightTypes types, const fs::path& from) {
    const LanguageModel trained = load(from);
    ModelToExport model;
    DecoderWeights merged = load_weights(base_);
    if (trained.adapter) merge(*trained.adapter, merged);
    model.tensors = merged.tensors();
    model.tokenizer = trained.tokenizer;
    model.origin = base_;
    return export_trained(context_, kernels_, trained, std::move(model),
                          {path, path.extension() == ".gguf", types});
  }

  QuietContext context_{2};
  const kernels::Kernels& kernels_ = kernels::choose_kernels("");
  fs::path folder_ = fs::path(::testing::TempDir()) / ("twin_parity." + std::to_string(::getpid()));
  fs::path base_ = folder_ / "base", adapter_ = folder_ / "adapter";
};

TEST_F(Parity, RecordsHoldAndSayHowTheModelWasTrained) {
  EXPECT_EQ(load(adapter_).trained_with, PromptTemplate::kChat);
  const ParityRecord record = *read_parity(adapter_);
  EXPECT_EQ(record.probes.size(), 3u);
  for (const ParityRecord::Probe& probe : record.probes) {
    EXPECT_EQ(probe.tokens.size(), 24u);
    EXPECT_EQ(probe.greedy.size(), 12u);
  }
  EXPECT_FALSE(load(kGolden / "chat_model").trained_with);
}

TEST_F(Parity, AnotherTemplateIsNamed) {
  edit(base_ / "tokenizer_config.json", [](OrderedJson& json) {
    json["chat_template"] = json["chat_template"].get<std::string>() + " ";
  });
  EXPECT_TRUE(says(refusal(base_), "the prompt template (chat) is not")) << refusal(base_);
  EXPECT_TRUE(says(refusal(adapter_), "the prompt template (chat) is not"));
  edit(base_ / "tokenizer_config.json", [](OrderedJson& json) { json.erase("chat_template"); });
  EXPECT_TRUE(says(refusal(base_), "is gone")) << refusal(base_);
}

TEST_F(Parity, AnotherTokenizerIsNamed) {
  edit(base_ / "tokenizer.json", [](OrderedJson& json) { json["model"]["merges"].erase(0); });
  EXPECT_TRUE(says(refusal(base_), "the tokenizer is not")) << refusal(base_);
}

TEST_F(Parity, AnotherBaseAdapterOrWeightIsNamed) {
  const LanguageModel model = load(base_);
  LoraAdapter other(model.weights->config, {.r = 4, .lora_alpha = 8});
  randomise(other, 0.12f);
  const std::string trained = read_file(adapter_ / "adapter_model.safetensors");
  save_adapter(adapter_, other, "../base");
  EXPECT_TRUE(says(refusal(adapter_), "the adapter is not")) << refusal(adapter_);
  write_file_atomic(adapter_ / "adapter_model.safetensors", trained);
  EXPECT_EQ(refusal(adapter_), "not refused");
  edit(adapter_ / "adapter_config.json", [](OrderedJson& json) { json["lora_alpha"] = 9; });
  EXPECT_TRUE(says(refusal(adapter_), "the adapter is not")) << refusal(adapter_);
  edit(adapter_ / "adapter_config.json", [](OrderedJson& json) { json["lora_alpha"] = 8; });

  DecoderWeights weights = load_weights(base_);
  for (float& value : weights.norm()) value *= 1.1f;
  save_weights(base_, weights);
  EXPECT_TRUE(says(refusal(adapter_), "the base model is not")) << refusal(adapter_);
  EXPECT_TRUE(says(refusal(base_), "weights or config.json")) << refusal(base_);
}

TEST_F(Parity, RecordsOfAnotherVersionAndDamagedOnesAreRefused) {
  const std::string whole = read_file(base_ / "parity.json");
  write_file_atomic(base_ / "parity.json", R"({"template": "writing-prompt/1", "probes": []})");
  EXPECT_THROW(load(base_), Error);
  for (size_t length = 0; length + 2 < whole.size(); length += 61) {
    write_file_atomic(base_ / "parity.json", whole.substr(0, length));
    EXPECT_THROW(load(base_), Error) << length;
  }
}

TEST_F(Parity, ExportsCarryARecordOfTheirOwnAndSayHowFarTheyAre) {
  struct Case {
    const char* name;
    WeightTypes types;
    double kl;
  };
  for (const Case& c : {Case{"f32.gguf", WeightTypes::kF32, 1e-6},
                        {"f16.gguf", WeightTypes::kF16, 1e-4},
                        {"q8.gguf", WeightTypes::kQ8_0, 1e-2},
                        {"q4.gguf", WeightTypes::kQ4_K_M, 1},
                        {"folder", WeightTypes::kF32, 1e-6},
                        {"half", WeightTypes::kBF16, 1e-2}}) {
    const fs::path path = folder_ / c.name;
    const Drift drift = export_to(path, c.types, adapter_);
    EXPECT_LT(drift.mean_kl, c.kl) << c.name;
    EXPECT_GE(drift.largest_kl, drift.mean_kl);
    EXPECT_EQ(drift.greedy_tokens, 36u);
    if (c.kl < 1e-3) {
      EXPECT_EQ(drift.greedy_same, 36u) << c.name;
    }
    const LanguageModel model = load(path);
    EXPECT_EQ(model.trained_with, PromptTemplate::kChat);
    EXPECT_EQ(read_parity(path)->drift->tokens, drift.tokens);
    EXPECT_EQ(read_parity(path)->adapter_sha256, "");
  }
  for (const auto& entry : fs::directory_iterator(folder_)) {
    EXPECT_FALSE(says(entry.path().filename().string(), "export")) << entry.path();
  }
}

TEST_F(Parity, RecordOfAGgufFileIsNotTakenAlongToAnotherType) {
  const fs::path first = folder_ / "f32.gguf", second = folder_ / "q8.gguf";
  export_to(first, WeightTypes::kF32, adapter_);
  const LanguageModel trained = load(first);
  export_trained(context_, kernels_, trained, {open_model(first), nullptr, first},
                 {second, true, WeightTypes::kQ8_0});
  EXPECT_NO_THROW(load(second));
  const fs::path third = folder_ / "plain.gguf";
  export_gguf(context_, {open_model(first), nullptr, first}, WeightTypes::kQ4_0, third);
  EXPECT_FALSE(read_parity(third));
}

TEST_F(Parity, HoldsOnEveryInstructionSetInEveryType) {
  for (const WeightTypes types : {WeightTypes::kF32, WeightTypes::kF16, WeightTypes::kBF16,
                                  WeightTypes::kQ8_0, WeightTypes::kQ4_0, WeightTypes::kQ4_K_M}) {
    const fs::path path = folder_ / (weight_type_names()[static_cast<size_t>(types)] + ".gguf");
    export_to(path, types, adapter_);
    for (const kernels::Kernels* kernels : kernels::available_kernels()) {
      for (const size_t threads : {1, 3}) {
        QuietContext context(threads);
        EXPECT_NO_THROW(load_language_model(context, *kernels, path))
            << path << ' ' << kernels->name;
      }
    }
  }
}

TEST_F(Parity, AlpacaAsAChatTemplateGivesTheIdsOfItsPrompt) {
  const LanguageModel model = load(base_);
  ChatSettings settings;
  settings.templates["default"] = alpaca_chat_template(*model.tokenizer);
  const ModelChat chat(*model.tokenizer, settings, "alpaca");
  const std::string said = "Say <|im_end|>  \xC3\xA9\n";
  const OrderedJson messages = {{{"role", "user"}, {"content", said}}};
  EXPECT_EQ(chat.prompt({&messages, nullptr, nullptr}, {}).ids,
            model.tokenizer->encode(alpaca_prompt(said, "")));
  EXPECT_EQ(chat.end_of_turn(), stop_tokens(*model.tokenizer).front());
}

TEST_F(Parity, ExportOfAModelTrainedThroughAlpacaHasItsTemplateAlone) {
  write_chat_template(adapter_, alpaca_chat_template(*load(base_).tokenizer));
  fs::copy(base_ / "tokenizer_config.json", adapter_ / "tokenizer_config.json");
  write_chat_template(adapter_, alpaca_chat_template(*load(base_).tokenizer));
  write_parity(context_, kernels_, load(adapter_, true), PromptTemplate::kAlpaca, adapter_);
  for (const char* name : {"a.gguf", "a"}) {
    export_to(folder_ / name, WeightTypes::kF32, adapter_);
    const LanguageModel model = load(folder_ / name);
    EXPECT_EQ(model.trained_with, PromptTemplate::kAlpaca);
    ASSERT_EQ(model.chat.templates.size(), 1u);
    EXPECT_TRUE(says(model.chat.templates.at("default"), "### Response"));
  }
}

TEST(FillGgufText, WritesIntoTheRoomThatWasKept) {
  QuietContext context(1);
  const fs::path path =
      fs::path(::testing::TempDir()) / ("twin_fill." + std::to_string(::getpid()) + ".gguf");
  const fs::path model = kGolden / "chat_model";
  ModelToExport exported{open_model(model), load_tokenizer(model), model};
  exported.metadata["twin.test"] = std::string(10, ' ');
  export_gguf(context, exported, WeightTypes::kKeep, path);
  fill_gguf_text(path, "twin.test", "[1]");
  EXPECT_EQ(GgufFile(path).metadata().text_or("twin.test", ""), "[1]       ");
  EXPECT_THROW(fill_gguf_text(path, "twin.test", "more than ten"), Error);
  fs::remove(path);
}

}  // namespace
}  // namespace twin
