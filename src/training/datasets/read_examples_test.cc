#include "training/datasets/read_examples.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"

namespace twin {
namespace {

ExampleFile lines(const std::string& text) { return parse_examples(text, "d.jsonl", true); }

// What is said of a text that is refused.
std::string refusal(const std::string& text, bool as_lines = true, ExampleLimits limits = {}) {
  try {
    parse_examples(text, "d.jsonl", as_lines, limits);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    return error.what();
  }
  ADD_FAILURE() << "read: " << text;
  return {};
}

void expect_refusal(const std::string& text, const std::string& part) {
  EXPECT_NE(refusal(text).find(part), std::string::npos) << refusal(text);
}

TEST(ReadExamples, EachKindIsFoundFromItsFields) {
  const ExampleFile chats = lines(
      R"({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]})");
  EXPECT_EQ(chats.kind, ExampleKind::kMessages);
  const ExampleFile instructions =
      lines(R"({"instruction": "A", "input": "B", "output": "C", "id": 7})"
            "\r\n\n"
            R"({"instruction": "D", "input": null, "answer": "E"})"
            "\n");
  EXPECT_EQ(instructions.kind, ExampleKind::kInstruction);
  ASSERT_EQ(instructions.examples.size(), 2u);
  EXPECT_EQ(instructions.empty_lines, 1u);
  EXPECT_EQ(instructions.examples[0].input, "B");
  EXPECT_EQ(instructions.examples[1].line, 3u);
  EXPECT_EQ(instructions.examples[1].completion, "E");
  EXPECT_EQ(instructions.where(instructions.examples[1]), "d.jsonl, line 3");
  EXPECT_EQ(lines(R"({"prompt": "", "completion": "x"})").kind, ExampleKind::kPromptCompletion);
  const ExampleFile texts = lines("\xEF\xBB\xBF{\"text\": \" a\\n\"}");
  EXPECT_EQ(texts.kind, ExampleKind::kText);
  EXPECT_EQ(texts.examples[0].completion, " a\n") << "verbatim";
}

TEST(ReadExamples, PromptAndCompletionAsMessagesLearnTheCompletionAlone) {
  const ExampleFile file = lines(
      R"({"prompt": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},)"
      R"({"role": "user", "content": "c"}], "completion": [{"role": "assistant", "content": "d"}]})");
  EXPECT_EQ(file.kind, ExampleKind::kMessages);
  EXPECT_EQ(file.examples[0].first_learnt, 3u);
}

TEST(ReadExamples, WrongLinesAreNamedWithWhatIsExpected) {
  const std::string good = "{\"text\": \"a\"}\n";
  expect_refusal(good + "{\"txt\": \"a\"}", "line 2: found \"txt\"; expected \"messages\"");
  expect_refusal(good + "[]", "line 2: found a array, expected an object");
  expect_refusal(good + "{\"text\": \"a\"", "line 2: not valid JSON");
  expect_refusal(good + "{\"text\": \"\xff\"}", "line 2: invalid UTF-8");
  expect_refusal(good + "{\"text\": \"\"}", "line 2: \"text\" is empty");
  expect_refusal(good + "{\"text\": 3}", "\"text\" is a number, expected a string");
  expect_refusal("{\"instruction\": \"a\"}", "\"output\" (or \"answer\") is missing");
  expect_refusal(R"({"instruction": "a", "output": "b", "answer": "c"})", "expected one of them");
  expect_refusal(R"({"messages": [{"role": "user", "content": "a"}]})", "nothing to learn");
  expect_refusal(R"({"messages": [{"role": "bot", "content": "a"}]})", "the role \"bot\"");
  expect_refusal(R"({"messages": {"role": "user"}})", "expected a list");
  expect_refusal(R"({"messages": [{"role": "assistant", "content": " "}]})", "no text to learn");
  expect_refusal(good + "{\"text\": \"a\"} {}", "line 2: not valid JSON");
  expect_refusal("", "no samples");
  expect_refusal("\n \n", "no samples");
}

TEST(ReadExamples, MixedKindsAreNamedByLine) {
  expect_refusal("{\"text\": \"a\"}\n\n{\"prompt\": \"a\", \"completion\": \"b\"}",
                 "line 3: has prompt and completion, but line 1 has text");
}

TEST(ReadExamples, ManyWrongLinesAreCounted) {
  std::string text;
  for (int i = 0; i < 9; ++i) text += "{}\n";
  const std::string what = refusal(text + "{\"text\": \"a\"}");
  EXPECT_NE(what.find("9 of 10 samples"), std::string::npos) << what;
  EXPECT_NE(what.find("and 4 more"), std::string::npos) << what;
}

TEST(ReadExamples, LinesOverTheLimitAreRefused) {
  const std::string what = refusal("{\"text\": \"aaaaaaaaaaaaaaaaaaaa\"}", true, {16});
  EXPECT_NE(what.find("line 1: 32 bytes long, the limit is 16"), std::string::npos) << what;
}

TEST(ReadExamples, DocumentsAreListsOrTheReferenceSystems) {
  EXPECT_EQ(parse_examples(R"([{"text": "a"}, {"text": "b"}])", "d.json", false).examples.size(),
            2u);
  const ExampleFile file = parse_examples(
      R"({"id": "1", "train": {"articles": {"samples": [{"instruction": "a", "answer": "b"}]}},
          "test": {"articles": {"samples": [{"instruction": "c", "answer": "d"}]}}})",
      "d.json", false);
  ASSERT_EQ(file.examples.size(), 1u);
  ASSERT_EQ(file.held_out.size(), 1u);
  EXPECT_EQ(file.held_out[0].completion, "d");
  EXPECT_EQ(file.where(file.held_out[0]), "d.json, sample 2");
  EXPECT_NE(refusal("{\"text\": \"a\"}", false).find("named .jsonl"), std::string::npos);
  EXPECT_NE(refusal(R"({"train": {"a": {"sample": []}}})", false).find("no list of \"samples\""),
            std::string::npos);
}

TEST(ReadExamples, ReferenceDatasetIsRead) {
  const std::filesystem::path path =
      std::filesystem::path(TWIN_SOURCE_DIR) / "../shared/data/handbook/instruct_datasets.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not here";
  const ExampleFile file = read_examples(path);
  EXPECT_EQ(file.kind, ExampleKind::kInstruction);
  EXPECT_GT(file.examples.size(), 2000u);
  EXPECT_GT(file.held_out.size(), 100u);
}

}  // namespace
}  // namespace twin
