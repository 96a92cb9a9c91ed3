#include "training/datasets/read_pairs.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace twin {
namespace {

PairFile lines(const std::string& text) { return parse_pairs(text, "p.jsonl", true); }

void expect_refusal(const std::string& text, const std::string& part) {
  try {
    lines(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    return;
  }
  ADD_FAILURE() << "read: " << text;
}

TEST(ReadPairs, StringsAndInstructionsAreRead) {
  const PairFile strings = lines(
      "\n"
      R"({"prompt": "a", "chosen": "b", "rejected": "c"})");
  EXPECT_EQ(strings.chosen.kind, ExampleKind::kPromptCompletion);
  ASSERT_EQ(strings.rejected.examples.size(), 1u);
  EXPECT_EQ(strings.rejected.examples[0].prompt, "a");
  EXPECT_EQ(strings.rejected.examples[0].completion, "c");
  EXPECT_EQ(strings.rejected.examples[0].line, 2u);
  EXPECT_EQ(strings.chosen.empty_lines, 1u);
  const PairFile instructions =
      lines(R"({"instruction": "a", "input": "i", "chosen": "b", "rejected": "c"})");
  EXPECT_EQ(instructions.chosen.kind, ExampleKind::kInstruction);
  EXPECT_EQ(instructions.chosen.examples[0].input, "i");
}

TEST(ReadPairs, ChatsHaveAPromptOrBeginTheSame) {
  const std::string user = R"({"role": "user", "content": "a"})";
  const std::string good = R"({"role": "assistant", "content": "b"})";
  const std::string bad = R"({"role": "assistant", "content": "c"})";
  const PairFile said = lines("{\"prompt\": [" + user + "], \"chosen\": [" + good +
                              "], \"rejected\": [" + bad + "]}");
  const PairFile common =
      lines("{\"chosen\": [" + user + "," + good + "], \"rejected\": [" + user + "," + bad + "]}");
  for (const PairFile* file : {&said, &common}) {
    EXPECT_EQ(file->chosen.kind, ExampleKind::kMessages);
    EXPECT_EQ(file->chosen.examples[0].first_learnt, 1u);
    EXPECT_EQ(file->chosen.examples[0].messages, said.chosen.examples[0].messages);
    EXPECT_EQ(file->rejected.examples[0].messages, said.rejected.examples[0].messages);
  }
  expect_refusal("{\"prompt\": \"a\", \"chosen\": [" + good + "], \"rejected\": [" + bad + "]}",
                 "\"prompt\" is a string, expected a list");
  expect_refusal("{\"chosen\": [" + user + "], \"rejected\": [" + user + "," + bad + "]}",
                 "\"chosen\" has no message of its own");
  expect_refusal(
      "{\"prompt\": [" + user + "], \"chosen\": [" + good + "], \"rejected\": [" + user + "]}",
      "prompt and \"rejected\": no message of the assistant");
  expect_refusal("{\"prompt\": [" + user + "], \"chosen\": [" + good + "], \"rejected\": \"x\"}",
                 "expected both");
}

TEST(ReadPairs, WrongLinesAreNamedWithWhatIsExpected) {
  const std::string good = R"({"prompt": "a", "chosen": "b", "rejected": "c"})"
                           "\n";
  expect_refusal(good + R"({"prompt": "a", "chosen": "b", "rejected": "b"})",
                 "line 2: \"chosen\" and \"rejected\" are the same");
  expect_refusal(good + R"({"prompt": "a", "chosen": "", "rejected": "b"})",
                 "line 2: \"chosen\" is empty");
  expect_refusal(good + R"({"prompt": "a", "chosen": "b", "rejected": " \n"})",
                 "line 2: \"rejected\" has no text");
  expect_refusal(good + R"({"prompt": "a", "chosen": "b"})", "line 2: \"rejected\" is missing");
  expect_refusal(good + R"({"chosen": "a", "rejected": "b"})", "(or \"instruction\") is missing");
  expect_refusal(good + R"({"prompt": "a", "completion": "b"})",
                 "line 2: found \"prompt\", \"completion\"; expected \"chosen\" and \"rejected\"");
  expect_refusal(good + R"({"prompt": "a", "chosen": 1, "rejected": "b"})",
                 "\"chosen\" is a number, expected a string or a list");
  expect_refusal(good + R"({"prompt": 3, "chosen": "a", "rejected": "b"})",
                 "\"prompt\" is a number, expected a string");
  expect_refusal(good + R"({"instruction": "a", "chosen": "b", "rejected": "c"})",
                 "line 2: has instruction and output, but line 1 has prompt and completion");
  expect_refusal(good + "{\"prompt\": \"\xff\"}", "line 2: invalid UTF-8");
  expect_refusal(good + "7", "line 2: found a number, expected an object");
  expect_refusal("", "no samples");
}

TEST(ReadPairs, TheReferenceSystemsDocumentIsRead) {
  const PairFile file = parse_pairs(
      R"({"train": {"articles": {"samples": [{"instruction": "a", "chosen": "b", "rejected": "c"}]}},
          "test": {"articles": {"samples": [{"instruction": "d", "chosen": "e", "rejected": "f"}]}}})",
      "p.json", false);
  ASSERT_EQ(file.chosen.examples.size(), 1u);
  ASSERT_EQ(file.rejected.held_out.size(), 1u);
  EXPECT_EQ(file.rejected.held_out[0].completion, "f");
}

TEST(ReadPairs, ReferenceDatasetsEqualAnswersAreNamed) {
  const std::filesystem::path path =
      std::filesystem::path(TWIN_SOURCE_DIR) / "../shared/data/handbook/preference_datasets.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not here";
  // Every seventh of its pairs is none.
  try {
    read_pairs(path);
    ADD_FAILURE() << "read";
  } catch (const Error& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("56 of 402 samples"), std::string::npos) << what;
    EXPECT_NE(what.find("sample 12: \"chosen\" and \"rejected\" are the same"), std::string::npos);
  }
  const PairFile file = read_pairs(path, {}, true);
  EXPECT_EQ(file.equal.size(), 56u);
  EXPECT_EQ(file.equal.front(), 12u);
  EXPECT_EQ(file.chosen.examples.size() + file.chosen.held_out.size(), 402u - 56u);
}

TEST(ReadPairs, EqualAnswersAreLeftOutWhereAskedFor) {
  const std::string good = R"({"prompt": "a", "chosen": "b", "rejected": "c"})"
                           "\n";
  const std::string equal = R"({"prompt": "a", "chosen": "b", "rejected": "b"})"
                            "\n";
  const PairFile file = parse_pairs(equal + good + equal, "p.jsonl", true, {}, true);
  EXPECT_EQ(file.equal, (std::vector<size_t>{1, 3}));
  ASSERT_EQ(file.chosen.examples.size(), 1u);
  EXPECT_EQ(file.chosen.examples[0].line, 2u);
  EXPECT_THROW(parse_pairs(equal, "p.jsonl", true, {}, true), Error) << "nothing is left";
  EXPECT_THROW(parse_pairs(good + R"({"chosen": "b", "rejected": "b"})", "p.jsonl", true, {}, true),
               Error)
      << "without a prompt it is no pair at all";
}

}  // namespace
}  // namespace twin
