#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/formats/model_folder.h"
#include "engine/tokenizer/bpe_trainer.h"
#include "models/language_model.h"
#include "models/memory.h"
#include "models/model_list.h"
#include "models/parity.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

class ModelFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "base");
    fs::create_directories(folder_ / "sft");
    const std::string text = "the cat sat on the mat and the cat sat on the hat, the end. ";
    BpeTrainerOptions options;
    options.vocab_size = 300;
    options.special_tokens = writing_special_tokens();
    tokenizer_json_ = train_byte_level_bpe(context_, {text, text}, options);
    write_file_atomic(folder_ / "base" / "tokenizer.json", tokenizer_json_);
    DecoderConfig config;
    config.vocab_size = load_tokenizer(folder_ / "base")->vocab_size();
    config.hidden_size = 16;
    config.intermediate_size = 32;
    config.num_hidden_layers = 2;
    config.num_attention_heads = 2;
    config.num_key_value_heads = 1;
    config.head_dim = 8;
    config.max_position_embeddings = 128;
    DecoderWeights weights(config);
    initialize(weights, 1);
    save_weights(folder_ / "base", weights);
    LoraAdapter adapter(config, {.r = 4, .lora_alpha = 8});
    initialize(adapter, 2);
    Random random(3);
    for (float& value : adapter.flat()) value += 0.05f * static_cast<float>(random.normal());
    save_adapter(folder_ / "sft", adapter, "../base");
  }
  void TearDown() override { fs::remove_all(folder_); }

  LanguageModel load(const char* name) {
    return load_language_model(context_, kernels::choose_kernels(""), folder_ / name);
  }

  QuietContext context_{1};
  fs::path folder_ = fs::temp_directory_path() / ("twin_models_" + std::to_string(::getpid()));
  std::string tokenizer_json_;
};

TEST_F(ModelFolder, ListShowsEachModelAndWhatIsWrongWithBrokenOnes) {
  write_file_atomic(folder_ / "broken" / "config.json", "{");
  write_file_atomic(folder_ / "notes.txt", "no model");
  const std::vector<ListedModel> models = list_models_in(folder_);
  ASSERT_EQ(models.size(), 3u);
  EXPECT_EQ(models[0].name, "base");
  EXPECT_EQ(models[0].family, "llama");
  EXPECT_EQ(models[0].dtype, "F32");
  EXPECT_GT(models[0].parameters, 5000u);
  EXPECT_EQ(models[0].weight_bytes, 4 * models[0].parameters);
  EXPECT_EQ(models[0].problem, "");
  EXPECT_NE(models[1].problem.find("config.json"), std::string::npos) << models[1].problem;
  EXPECT_EQ(models[2].family, "adapter");
  EXPECT_TRUE(list_models_in(folder_ / "nowhere").empty());
}

TEST_F(ModelFolder, AdapterFolderFindsItsBaseAndTokenizer) {
  EXPECT_EQ(load("base").adapter, nullptr);
  const LanguageModel model = load("sft");
  EXPECT_NE(model.adapter, nullptr);
  EXPECT_EQ(model.tokenizer->vocab_size(), model.weights->config.vocab_size);
}

TEST_F(ModelFolder, PromptHasItsFieldsBetweenSpecialTokens) {
  const auto tokenizer = load("base").tokenizer;
  const RenderedPrompt prompt = render_prompt(*tokenizer, {"cat", {"mat", "hat"}, "the end"});
  EXPECT_EQ(prompt.ids.front(), tokenizer->special_token(kTitleToken));
  EXPECT_EQ(prompt.ids.back(), tokenizer->special_token(kTextToken));
  EXPECT_EQ(tokenizer->decode(prompt.ids), "catmat > hatthe end");
  EXPECT_EQ(render_prompt(*tokenizer, {}).ids,
            std::vector<TokenId>{*tokenizer->special_token(kTextToken)});
}

TEST_F(ModelFolder, SpecialTokensInTheTextStayText) {
  const auto tokenizer = load("base").tokenizer;
  const RenderedPrompt prompt = render_prompt(*tokenizer, {"<|text|>", {}, ""});
  EXPECT_EQ(std::count(prompt.ids.begin(), prompt.ids.end(), *tokenizer->special_token(kTextToken)),
            1);
  EXPECT_EQ(tokenizer->decode(prompt.ids), "<|text|>");
}

TEST_F(ModelFolder, LongPrecedingTextIsCutFromItsFrontAndCounted) {
  const auto tokenizer = load("base").tokenizer;
  std::string preceding;
  for (int i = 0; i < 60; ++i) preceding += "the cat sat ";
  preceding += "END";
  const RenderedPrompt cut = render_prompt(*tokenizer, {"cat", {}, preceding}, 20);
  EXPECT_EQ(cut.ids.size(), 20u);
  const RenderedPrompt whole = render_prompt(*tokenizer, {"cat", {}, preceding});
  EXPECT_EQ(cut.ids.size() + cut.context_tokens_cut, whole.ids.size());
  EXPECT_EQ(tokenizer->decode(cut.ids), "cat" + preceding.substr(cut.context_bytes_cut));
}

TEST_F(ModelFolder, ParityOfWritingPromptsHoldsAndRefusesAnotherTokenizer) {
  write_parity(context_, kernels::choose_kernels(""), load("sft"), PromptTemplate::kWriting,
               folder_ / "sft");
  EXPECT_EQ(load("sft").trained_with, PromptTemplate::kWriting);
  std::string renamed = tokenizer_json_;
  renamed.replace(renamed.find("<|context|>"), 11, "<|content|>");
  write_file_atomic(folder_ / "base" / "tokenizer.json", renamed);
  EXPECT_THROW(load("sft"), Error);
}

TEST_F(ModelFolder, GeneratorStreamsWhatItReturns) {
  const auto generator =
      make_local_generator(context_, kernels::choose_kernels(""), load("sft"), "sft");
  SamplingOptions options;
  options.max_new_tokens = 40;
  options.seed = 5;
  std::string streamed;
  const auto result = generator->write({"cat", {}, ""}, options, [&](std::string_view text) {
    streamed += text;
    return true;
  });
  EXPECT_EQ(streamed, result.text);
  EXPECT_EQ(generator->write({"cat", {}, ""}, options).text, result.text);
  EXPECT_GT(result.completion_tokens, 0u);
}

TEST_F(ModelFolder, GeneratorStopsWhenAsked) {
  const auto generator =
      make_local_generator(context_, kernels::choose_kernels(""), load("base"), "base");
  SamplingOptions options;
  options.max_new_tokens = 100;
  const auto result =
      generator->write({"cat", {}, ""}, options, [](std::string_view) { return false; });
  EXPECT_LT(result.completion_tokens, 10u);
}

TEST_F(ModelFolder, ModelThatDoesNotFitIsRefusedWithTheNumbers) {
  const DecoderTensors tensors = open_model(folder_ / "base");
  const MemoryNeed need = memory_need(tensors, 1000, 2);
  const DecoderConfig& c = tensors.config;
  EXPECT_EQ(need.weights_bytes, 4 * parameter_count(c));
  EXPECT_EQ(need.cache_bytes,
            2 * 1000 * 2 * c.num_hidden_layers * c.num_key_value_heads * c.head_dim * 4);
  EXPECT_NO_THROW(check_fits(need, need.total(), "base"));
  EXPECT_NO_THROW(check_fits(need, 0, "base")) << "unknown";
  try {
    check_fits(need, need.total() - 1, "base");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kDoesNotFit);
    EXPECT_NE(std::string(error.what()).find("base needs "), std::string::npos) << error.what();
  }
}

TEST_F(ModelFolder, MissingBaseSaysWhichFolder) {
  fs::remove_all(folder_ / "base");
  try {
    load("sft");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("base"), std::string::npos);
  }
}

}  // namespace
}  // namespace twin
