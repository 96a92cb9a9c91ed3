// Answers in JSON: of a tiny model in this process, and of a scripted service.

#include "models/structured_model.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/scripted_http_client.h"

namespace twin {
namespace {

const std::filesystem::path kModel = TWIN_SOURCE_DIR "/tests/golden/chat_model";
constexpr const char* kSchema =
    R"({"type":"object","properties":{"kind":{"type":"string","enum":["","a"]},)"
    R"("tags":{"type":"array","maxItems":2,"items":{"type":"string","maxLength":5}}},)"
    R"("required":["kind","tags"],"additionalProperties":false})";

StructuredQuestion question(size_t max_new_tokens = 80) {
  // The tiny model has room for 256 tokens, hardly more than bytes.
  return {"", "Hi", R"({"enum":["glue","oak"]})", max_new_tokens};
}

class LocalStructured : public testing::TestWithParam<bool> {
 protected:
  std::unique_ptr<StructuredModel> model() {
    const kernels::Kernels& kernels = kernels::choose_kernels("");
    LanguageModel model = load_language_model(context_, kernels, kModel);
    if (!GetParam()) model.chat = {};
    return make_local_structured_model(context_, kernels, std::move(model), "tiny");
  }
  QuietContext context_;
};

TEST_P(LocalStructured, AnyModelAnswersWhatTheSchemaAllows) {
  const auto tiny = model();
  const Json answer = tiny->answer(context_, question());
  EXPECT_TRUE(answer == "glue" || answer == "oak") << dump_json(answer);
  EXPECT_EQ(tiny->answer(context_, question()), answer) << "the same question, the same answer";
  StructuredQuestion other = question();
  other.schema = R"({"type":"array","items":{"type":"integer"},"maxItems":3})";
  EXPECT_TRUE(tiny->answer(context_, other).is_array());
}

TEST_P(LocalStructured, AQuestionThatIsTooLongOrNoSchemaIsAnError) {
  const auto tiny = model();
  StructuredQuestion longer = question();
  longer.text = std::string(400, 'x');
  EXPECT_THROW(tiny->answer(context_, longer), Error);
  StructuredQuestion none = question();
  none.schema = "no schema";
  EXPECT_THROW(tiny->answer(context_, none), Error);
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutTemplate, LocalStructured, testing::Bool());

class RemoteStructured : public testing::Test {
 protected:
  Json ask(const std::string& body) {
    ScriptedHttpClient http([&](const HttpRequest&) { return HttpResponse{200, {}, body, ""}; });
    const auto remote =
        make_remote_structured_model(http, options_, [](const char*) { return "k"; });
    const Json answer = remote->answer(context_, {"Say.", "Hi", kSchema, 50});
    request_ = http.requests.at(0);
    return answer;
  }

  QuietContext context_;
  RemoteOptions options_{.url = "http://127.0.0.1/v1",
                         .model = "m",
                         .backoff = {.first = std::chrono::milliseconds(1), .attempts = 1}};
  HttpRequest request_;
};

TEST_F(RemoteStructured, AsksForTheSchemaAndReadsTheAnswer) {
  const Json answer = ask(R"({"choices": [{"message": {"content": "{\"kind\": \"a\"}"}}]})");
  EXPECT_EQ(answer["kind"], "a");
  EXPECT_EQ(request_.url, "http://127.0.0.1/v1/chat/completions");
  const Json sent = parse_json(request_.body, "request");
  EXPECT_EQ(sent["model"], "m");
  EXPECT_EQ(sent["messages"][1]["content"], "Hi");
  EXPECT_EQ(sent["response_format"]["json_schema"]["schema"], parse_json(kSchema, "schema"));
}

TEST_F(RemoteStructured, AnswersThatAreNoneAreRefused) {
  for (const char* body :
       {"[]", "{}", "none", R"({"choices": []})", R"({"choices": [5]})",
        R"({"choices": [{"message": {}}]})", R"({"choices": [{"message": {"content": null}}]})",
        R"({"choices": [{"message": {"content": "Sure! {"}}]})"}) {
    try {
      ask(body);
      ADD_FAILURE() << body;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kRemote) << body;
      EXPECT_NE(std::string(error.what()).find("127.0.0.1"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace twin
