#include "training/train_examples.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "engine/formats/export_model.h"
#include "engine/formats/model_folder.h"
#include "training/datasets/read_examples.h"
#include "training/datasets/show_tokens.h"
#include "training/run_record.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

const fs::path kModel = fs::path(TWIN_SOURCE_DIR) / "tests/golden/chat_model";

class ExampleRun : public ::testing::Test {
 protected:
  ExampleRun() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    options_.base = kModel;
    options_.data = folder_ / "data.jsonl";
    options_.output = folder_ / "tuned";
    options_.run = folder_ / "run";
    options_.r = 4;
    options_.batch_tokens = 256;
    options_.learning_rate = 5e-3;
    options_.epochs = 3;
    options_.checkpoint_every = 2;
    std::string text;
    for (int i = 0; i < 12; ++i) {
      text += R"({"instruction": "Say )" + std::to_string(i) +
              R"(", "output": "It is the number )" + std::to_string(i) + R"(, I say."})" + "\n";
    }
    write_file_atomic(options_.data, text);
  }
  ~ExampleRun() override { fs::remove_all(folder_); }

  void data(const std::string& text) { write_file_atomic(options_.data, text); }
  bool train() { return train_on_examples(context_, kernels_, options_); }
  std::string refusal(ErrorCode code) {
    try {
      train();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "not refused";
    return {};
  }
  QuietContext context_{2};
  const kernels::Kernels& kernels_ = kernels::choose_kernels("");
  fs::path folder_ =
      fs::path(::testing::TempDir()) / ("twin_examples_test." + std::to_string(::getpid()));
  ExampleTraining options_;
  LanguageModel model_ = load_language_model(context_, kernels_, kModel);
};

TEST_F(ExampleRun, AdapterOverAHubModelIsLearntOnceAndLoads) {
  options_.validation_share = 0.25;
  ASSERT_TRUE(train());
  const Json record = read_run_record(options_.output);
  EXPECT_EQ(record["dataset"]["samples"], 9);
  EXPECT_EQ(record["dataset"]["validation_samples"], 3);
  EXPECT_EQ(record["dataset"]["template"], "chat");
  EXPECT_LT(record["training_loss"]["after"], record["training_loss"]["before"]);
  EXPECT_TRUE(record.contains("validation"));
  EXPECT_FALSE(fs::exists(options_.run / "checkpoint.safetensors"));
  const LanguageModel tuned = load_language_model(context_, kernels_, options_.output);
  ASSERT_NE(tuned.adapter, nullptr);
  EXPECT_EQ(tuned.adapter->r(), 4u);
  EXPECT_NE(tuned.chat.find_template(false), nullptr);
  EXPECT_EQ(tuned.trained_with, PromptTemplate::kChat);
  EXPECT_FALSE(train()) << "done before";
  options_.epochs = 1;
  EXPECT_TRUE(train());
}

TEST_F(ExampleRun, AllWeightsOfAGgufFileAreLearnt) {
  options_.base = folder_ / "m.gguf";
  export_gguf(context_, {open_model(kModel), load_tokenizer(kModel), kModel}, WeightTypes::kKeep,
              options_.base);
  options_.lora = false;
  ASSERT_TRUE(train());
  const LanguageModel tuned = load_language_model(context_, kernels_, options_.output);
  EXPECT_EQ(tuned.adapter, nullptr);
  EXPECT_NE(tuned.chat.find_template(false), nullptr);
  EXPECT_EQ(read_run_record(options_.output)["method"], "full");
}

TEST_F(ExampleRun, SamplesThatAreTooLongAreNamedOrCutWhereTold) {
  const std::string longer(600, 'x');
  data("{\"text\": \"a b\"}\n{\"text\": \"" + longer + "\"}\n");
  const std::string what = refusal(ErrorCode::kBadInput);
  EXPECT_NE(what.find("1 of 2 samples are longer than 256 tokens"), std::string::npos) << what;
  EXPECT_NE(what.find("line 2: "), std::string::npos) << what;
  options_.truncate = true;
  EXPECT_TRUE(train());
  EXPECT_EQ(read_run_record(options_.output)["dataset"]["truncated"], 1);
}

TEST_F(ExampleRun, BasesAndTemplatesThatDoNotGoTogetherAreRefused) {
  options_.style = PromptTemplate::kAlpaca;
  data(R"({"messages": [{"role": "assistant", "content": "x"}]})");
  EXPECT_NE(refusal(ErrorCode::kUsage).find("chat template alone"), std::string::npos);
  data(R"({"text": "x y z"})");
  EXPECT_NE(refusal(ErrorCode::kUsage).find("no prompt"), std::string::npos);
  options_.base = kModel / "adapter";
  EXPECT_NE(refusal(ErrorCode::kUsage).find("an adapter"), std::string::npos);
}

TEST_F(ExampleRun, PreviewShowsTokensLengthsAndForecastAndTrainsNothing) {
  std::string text;
  const Json figures = preview_training(context_, kernels_, options_, {2, false}, text);
  EXPECT_NE(text.find("line 1: "), std::string::npos) << text;
  EXPECT_NE(text.find("[["), std::string::npos);
  EXPECT_NE(text.find("<|im_end|>]]"), std::string::npos) << text;
  EXPECT_EQ(text.find("line 3: "), std::string::npos);
  EXPECT_EQ(figures["samples"], 12);
  EXPECT_GT(figures["forecast_peak_bytes"], 0);
  EXPECT_FALSE(fs::exists(options_.output));
  EXPECT_FALSE(fs::exists(options_.run));
  data("{\"text\": \"a\"}\n{\"text\": \"" + std::string(600, 'x') + "\"}\n");
  const Json cut = preview_training(context_, kernels_, options_, {2, true}, text);
  EXPECT_NE(text.find("do not fit"), std::string::npos) << text;
  EXPECT_EQ(cut["too_long_lines"], Json::array({2}));
}

TEST_F(ExampleRun, PlainTextIsLearntWholeAndPromptsAreNot) {
  const ExampleFile texts = parse_examples(R"({"text": "a b"})", "d", true);
  RenderOptions options;
  const RenderedExamples text = render_examples(context_, model_, texts, texts.examples, options);
  EXPECT_EQ(show_tokens(*model_.tokenizer, text.sequences[0], false).find("[["), 1u)
      << "all but the first token";
  const ExampleFile pairs =
      parse_examples(R"({"prompt": "ab <|im_end|>", "completion": "cd"})", "d", true);
  options.style = PromptTemplate::kPlain;
  const RenderedExamples pair = render_examples(context_, model_, pairs, pairs.examples, options);
  const TrainingSequence& sequence = pair.sequences[0];
  std::vector<TokenId> learnt;
  for (size_t i = 0; i < sequence.tokens.size(); ++i) {
    if (sequence.loss_mask[i] != 0) learnt.push_back(sequence.tokens[i]);
  }
  EXPECT_EQ(model_.tokenizer->decode(learnt), "cd");
  EXPECT_EQ(std::vector<TokenId>(sequence.tokens.begin(), sequence.tokens.end() - 1),
            model_.tokenizer->encode("ab <|im_end|>cd"));
  options.loss_on_all = true;
  EXPECT_EQ(render_examples(context_, model_, pairs, pairs.examples, options).learnt_tokens,
            sequence.tokens.size() - 1);
}

}  // namespace
}  // namespace twin
