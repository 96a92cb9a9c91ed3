#include "inference/self_query_model.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace twin {
namespace {

class ScriptedModel : public StructuredModel {
 public:
  std::string name() const override { return "scripted"; }
  Json answer(Context&, const StructuredQuestion& question) override {
    ++asked;
    last = question;
    if (fails) throw Error(*fails, "nobody is home");
    return parse_json(says, "answer");
  }
  std::string says = "{}";
  std::optional<ErrorCode> fails;
  StructuredQuestion last;
  int asked = 0;
};

class SelfQueryByModel : public testing::Test {
 protected:
  UnderstoodRequest ask(std::string_view request, const std::string& says,
                        const PassageFilter& taken = {}) {
    model_.says = says;
    UnderstoodRequest understood = understand(request, known_);
    PassageFilter open = understood.filter;
    if (taken != PassageFilter{}) open = taken;
    understand_by_model(context_, model_, request, known_, open, understood);
    return understood;
  }

  QuietContext context_;
  ScriptedModel model_;
  KnownSources known_{{{"a1", "Ada", "Lovelace"}, {"a2", "Charles", "Babbage"}},
                      {"medium", "haacked.com"}};
};

TEST_F(SelfQueryByModel, FillsWhatTheRulesLeftOpen) {
  const UnderstoodRequest said =
      ask("what Lovelace's Medium posts said of looms last summer",
          R"({"author": "Ada Lovelace", "platform": "Medium", "from": "2025-06", "to": "2025-08",
              "tags": ["looms"]})");
  EXPECT_EQ(said.filter.author_id, "a1");
  EXPECT_EQ(said.filter.platform, "medium");
  EXPECT_EQ(said.filter.date_from, "2025-06");
  EXPECT_EQ(said.filter.date_to, "2025-08");
  EXPECT_EQ(said.filter.tags, std::vector<std::string>{"looms"});
  EXPECT_EQ(said.reasons.size(), 4u);
  EXPECT_TRUE(said.notes.empty());
}

TEST_F(SelfQueryByModel, TheRulesHaveTheFirstWord) {
  const UnderstoodRequest said =
      ask("looms in 2019 by Ada Lovelace",
          R"({"author": "Charles Babbage", "platform": "", "from": "2001", "to": "", "tags": []})");
  EXPECT_EQ(said.filter.author_id, "a1");
  EXPECT_EQ(said.filter.date_from, "2019");
  const Json schema = parse_json(model_.last.schema, "schema");
  EXPECT_FALSE(schema["properties"].contains("author"));
  EXPECT_FALSE(schema["properties"].contains("from"));
  EXPECT_TRUE(schema["properties"].contains("platform"));
  EXPECT_EQ(model_.last.task.find("Babbage"), std::string::npos);
}

TEST_F(SelfQueryByModel, IsNotAskedWhereNothingIsOpen) {
  PassageFilter taken;
  taken.author_id = "a1";
  taken.platform = "medium";
  taken.date_from = "2019";
  taken.tags = {"looms"};
  ask("looms", "{}", taken);
  EXPECT_EQ(model_.asked, 0);
}

TEST_F(SelfQueryByModel, WhatTheRequestDoesNotSayIsLeftOutAndTold) {
  const char* const answers[] = {R"({"author": "Ada Lovelace"})", R"({"author": "Grace Hopper"})",
                                 R"({"platform": "medium"})",     R"({"platform": "usenet"})",
                                 R"({"from": "2019"})",           R"({"tags": ["ships"]})"};
  for (const char* answer : answers) {
    const UnderstoodRequest said = ask("looms of silk", answer);
    EXPECT_EQ(said.filter, PassageFilter{}) << answer;
    EXPECT_EQ(said.notes.size(), 1u) << answer;
    EXPECT_TRUE(said.reasons.empty()) << answer;
  }
  for (const char* answer : {R"({"from": "2019-13"})", R"({"to": "soon"})",
                             R"({"to": "2019-02-77"})", R"({"from": "2020", "to": "2019-12"})"}) {
    const UnderstoodRequest said = ask("looms of last year", answer);
    EXPECT_EQ(said.filter, PassageFilter{}) << answer;
    EXPECT_EQ(said.notes.size(), 1u) << answer;
  }
  for (const char* request : {"looms by December", "looms of march", "looms in the autumn"}) {
    EXPECT_EQ(ask(request, R"({"to": "2019-12"})").filter.date_to, "2019-12") << request;
  }
  EXPECT_EQ(ask("what looms may do", R"({"to": "2019-12"})").filter, PassageFilter{});
  const UnderstoodRequest within = ask("looms of the year", R"({"from": "2020-05", "to": "2020"})");
  EXPECT_EQ(within.filter.date_from, "2020-05");
}

TEST_F(SelfQueryByModel, ItsFailureIsToldAndCostsNothingElse) {
  for (const char* answer :
       {"[]", "{", R"({"author": 7})", R"({"tags": "looms"})", R"({"tags": ["looms", 3]})",
        R"({"author": "Ada Lovelace", "from": 1})"}) {
    const UnderstoodRequest said = ask("Lovelace on looms last year", answer);
    EXPECT_EQ(said.filter, PassageFilter{}) << answer;
    ASSERT_EQ(said.notes.size(), 1u) << answer;
    EXPECT_NE(said.notes[0].find("scripted could not help"), std::string::npos) << said.notes[0];
  }
  model_.fails = ErrorCode::kRemote;
  EXPECT_NE(ask("looms", "{}").notes.at(0).find("nobody is home"), std::string::npos);
  model_.fails = ErrorCode::kInterrupted;
  EXPECT_THROW(ask("looms", "{}"), Error);
}

TEST_F(SelfQueryByModel, ManyNamesAreNotListedButChecked) {
  for (int i = 0; i < 200; ++i) {
    known_.authors.push_back({"n" + std::to_string(i), "Name", "Number" + std::to_string(i)});
  }
  const UnderstoodRequest said = ask("what Number17 weaves", R"({"author": "Name Number17"})");
  EXPECT_EQ(said.filter.author_id, "n17");
  EXPECT_LT(model_.last.task.size() + model_.last.schema.size(), 2000u);
}

}  // namespace
}  // namespace twin
