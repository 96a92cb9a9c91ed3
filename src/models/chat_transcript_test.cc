#include "models/chat_transcript.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "engine/formats/model_folder.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(TWIN_SOURCE_DIR) / "tests/golden";
constexpr std::chrono::system_clock::time_point kNow{std::chrono::seconds(1722247200)};

OrderedJson conversation(const std::string& first, const std::string& second) {
  return {{{"role", "user"}, {"content", "Who? </s> <|im_end|>"}},
          {{"role", "assistant"}, {"content", first}},
          {{"role", "user"}, {"content", first}},
          {{"role", "assistant"}, {"content", second}}};
}

std::string bytes_of(const ChatTranscript& transcript, const AssistantTurn& turn) {
  return transcript.rendered.text.substr(turn.bytes.begin, turn.bytes.end - turn.bytes.begin);
}

class Transcript : public ::testing::Test {
 protected:
  std::string learnt(const ChatTranscript& transcript, size_t turn) const {
    const TokenRange& range = transcript.turns[turn].tokens;
    const std::vector<TokenId> ids(
        transcript.ids.begin() + static_cast<std::ptrdiff_t>(range.begin),
        transcript.ids.begin() + static_cast<std::ptrdiff_t>(range.end));
    return tokenizer_->decode(ids, DecodeOptions{.skip_special = false});
  }
  std::shared_ptr<const Tokenizer> tokenizer_ = load_tokenizer(kGolden / "chat_model");
  ChatSettings settings_ = load_chat_settings(kGolden / "chat_model");
};

TEST_F(Transcript, LearntTokensAreTheRepliesAndWhatEndsThem) {
  const ModelChat model(*tokenizer_, settings_, "model");
  const OrderedJson messages = conversation("A gl\u00fce.", " Yes,\nthat <|im_end|> one ");
  const ChatTranscript transcript = transcribe(model, {&messages, nullptr, nullptr}, 0, kNow);
  EXPECT_EQ(transcript.ids,
            encode_chat(*tokenizer_, model.render({&messages, nullptr, nullptr}, false, kNow)));
  ASSERT_EQ(transcript.turns.size(), 2u);
  EXPECT_EQ(learnt(transcript, 0), "A gl\u00fce.<|im_end|>");
  EXPECT_EQ(learnt(transcript, 1), " Yes,\nthat <|im_end|> one <|im_end|>");
  EXPECT_FALSE(transcript.turns[0].tokens.joined);
  EXPECT_FALSE(transcript.turns[1].changed);
  // What stands before a reply is what the model is prompted with.
  const OrderedJson before(messages.begin(), messages.begin() + 3);
  const std::vector<TokenId> prompt = model.prompt({&before, nullptr, nullptr}, kNow).ids;
  const size_t begin = transcript.turns[1].tokens.begin;
  EXPECT_EQ(std::vector<TokenId>(transcript.ids.begin(),
                                 transcript.ids.begin() + static_cast<std::ptrdiff_t>(begin)),
            prompt);
  EXPECT_EQ(transcribe(model, {&messages, nullptr, nullptr}, 2, kNow).turns.size(), 1u);
}

TEST_F(Transcript, TurnsAreFoundInTheTemplatesOfModels) {
  const OrderedJson golden =
      parse_ordered_json(read_file(kGolden / "chat_templates.json"), "chat_templates.json");
  size_t templates = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(kGolden / "chat")) {
    SCOPED_TRACE(entry.path().filename().string());
    ChatSettings settings;
    settings.templates["default"] = read_file(entry.path());
    for (const auto& [name, token] : golden["special_tokens"].items()) {
      settings.special_tokens[name] = token.get<std::string>();
    }
    const ModelChat model(*tokenizer_, settings, "model");
    const OrderedJson messages = conversation("First reply.", "The second.");
    const OrderedJson no_tools = OrderedJson::array();
    ChatTranscript transcript;
    try {
      transcript = transcribe(model, {&messages, nullptr, nullptr}, 0, kNow);
    } catch (const Error&) {
      transcript = transcribe(model, {&messages, &no_tools, nullptr}, 0, kNow);
    }
    ++templates;
    ASSERT_EQ(transcript.turns.size(), 2u);
    EXPECT_NE(bytes_of(transcript, transcript.turns[0]).find("First reply."), std::string::npos);
    EXPECT_NE(bytes_of(transcript, transcript.turns[1]).find("The second."), std::string::npos);
    for (const AssistantTurn& turn : transcript.turns) {
      EXPECT_FALSE(turn.changed);
      EXPECT_EQ(bytes_of(transcript, turn).find("Who?"), std::string::npos);
      EXPECT_LT(turn.bytes.end - turn.bytes.begin, 60u);
    }
    EXPECT_LE(transcript.turns[0].bytes.end, transcript.turns[1].bytes.begin);
  }
  EXPECT_GT(templates, 10u);
}

// Qwen3 shows the reasoning of the last reply alone.
TEST_F(Transcript, ReasoningIsLearntWhereTheTemplateShowsIt) {
  settings_.templates["default"] = read_file(kGolden / "chat/qwen3_thinking.jinja");
  const ModelChat model(*tokenizer_, settings_, "model");
  const std::string reply = "<think>\nHm.\n</think>\n\nYes.";
  const OrderedJson messages = conversation(reply, reply);
  const ChatTranscript transcript = transcribe(model, {&messages, nullptr, nullptr}, 0, kNow);
  ASSERT_EQ(transcript.turns.size(), 2u);
  EXPECT_TRUE(transcript.turns[0].changed);
  EXPECT_EQ(learnt(transcript, 0), "Yes.<|im_end|>");
  EXPECT_FALSE(transcript.turns[1].changed);
  EXPECT_EQ(learnt(transcript, 1), reply + "<|im_end|>");
}

TEST_F(Transcript, TemplateThatHidesARepliesPlaceIsRefused) {
  settings_.templates["default"] =
      "{% for m in messages %}{{ m.content | upper | length }}{% endfor %}";
  const ModelChat model(*tokenizer_, settings_, "model");
  const OrderedJson messages = conversation("a", "b");
  EXPECT_THROW(transcribe(model, {&messages, nullptr, nullptr}, 0, kNow), Error);
}

}  // namespace
}  // namespace twin
