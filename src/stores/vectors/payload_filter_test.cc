#include "stores/vectors/payload_filter.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "stores/vectors/collection_index.h"

namespace twin::vectors {
namespace {

const char* const kPayload = R"({
  "city": "Berlin", "price": 12.5, "count": 3, "free": false, "none": null, "no": [],
  "tags": ["Red fox", "blue"], "when": "2024-07-29T10:00:00+02:00", "a.b": 1,
  "deep": {"x": {"y": [1, 2]}},
  "items": [{"name": "nail", "n": 5}, {"name": "screw", "n": 9}]})";

struct Case {
  const char* filter;
  bool passes;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"null", true},
      {"{}", true},
      {R"({"must": [{"key": "city", "match": {"value": "Berlin"}}]})", true},
      {R"({"must": {"key": "city", "match": {"value": "Paris"}}})", false},
      {R"({"must_not": [{"key": "city", "match": {"value": "Paris"}}]})", true},
      {R"({"must": [{"key": "count", "match": {"value": 3}}]})", true},
      {R"({"must": [{"key": "free", "match": {"value": false}}]})", true},
      {R"({"must": [{"key": "tags", "match": {"value": "blue"}}]})", true},
      {R"({"must": [{"key": "tags", "match": {"any": ["green", "blue"]}}]})", true},
      {R"({"must": [{"key": "tags", "match": {"except": ["blue"]}}]})", true},
      {R"({"must": [{"key": "city", "match": {"except": ["Berlin"]}}]})", false},
      {R"({"must": [{"key": "gone", "match": {"except": ["Berlin"]}}]})", false},
      {R"({"must": [{"key": "tags", "match": {"text": "Red f"}}]})", true},
      {R"({"must": [{"key": "tags", "match": {"text": "fox red"}}]})", false},
      {R"({"must": [{"key": "price", "range": {"gt": 12, "lte": 12.5}}]})", true},
      {R"({"must": [{"key": "price", "range": {"lt": 12.5}}]})", false},
      {R"({"must": [{"key": "city", "range": {"gt": 0}}]})", false},
      {R"({"must": [{"key": "when", "range": {"gte": "2024-07-29T08:00:00Z"}}]})", true},
      {R"({"must": [{"key": "when", "range": {"gt": "2024-07-29T08:00:00Z"}}]})", false},
      {R"({"must": [{"key": "when", "range": {"lt": "2024-07-30"}}]})", true},
      {R"({"must": [{"key": "tags", "values_count": {"gte": 2}}]})", true},
      {R"({"must": [{"key": "gone", "values_count": {"gte": 1}}]})", false},
      {R"({"must": [{"is_empty": {"key": "no"}}, {"is_empty": {"key": "none"}},
                    {"is_empty": {"key": "gone"}}]})",
       true},
      {R"({"must": [{"is_empty": {"key": "city"}}]})", false},
      {R"({"must": [{"is_null": {"key": "none"}}]})", true},
      {R"({"must": [{"is_null": {"key": "gone"}}]})", false},
      {R"({"must": [{"key": "city", "is_empty": false}]})", true},
      {R"({"must": [{"has_id": [4, 7]}]})", true},
      {R"({"must": [{"has_id": ["c0ffee00-0000-4000-8000-000000000000"]}]})", false},
      {R"({"must": [{"key": "a.b", "match": {"value": 1}}]})", true},
      {R"({"must": [{"key": "deep.x.y", "match": {"value": 2}}]})", true},
      {R"({"must": [{"key": "items[].n", "match": {"value": 9}}]})", true},
      {R"({"must": [{"key": "items[].n", "range": {"gt": 9}}]})", false},
      {R"({"must": [{"nested": {"key": "items", "filter": {"must": [
           {"key": "name", "match": {"value": "nail"}}, {"key": "n", "match": {"value": 5}}]}}}]})",
       true},
      {R"({"must": [{"nested": {"key": "items[]", "filter": {"must": [
           {"key": "name", "match": {"value": "nail"}}, {"key": "n", "match": {"value": 9}}]}}}]})",
       false},
      {R"({"should": [{"key": "city", "match": {"value": "Paris"}},
                      {"key": "count", "match": {"value": 3}}]})",
       true},
      {R"({"must": [{"should": [{"key": "city", "match": {"value": "Paris"}}]}]})", false},
      {R"({"min_should": {"conditions": [{"key": "city", "match": {"value": "Berlin"}},
           {"key": "count", "match": {"value": 3}}, {"key": "count", "match": {"value": 4}}],
           "min_count": 2}})",
       true},
  };
  return all;
}

PayloadFilter filter_of(const std::string& text) {
  return filter_from_json(parse_json(text, "test"));
}

TEST(PayloadFilter, CasesOfTheLanguage) {
  const Json payload = parse_json(kPayload, "test");
  for (const Case& c : cases()) {
    const PayloadFilter filter = filter_of(c.filter);
    EXPECT_EQ(passes(filter, PointId::from_number(7), payload), c.passes) << c.filter;
    // The way back says the same.
    const Json json = to_json(filter);
    EXPECT_EQ(to_json(filter_from_json(json)), json) << c.filter;
    EXPECT_EQ(passes(filter_from_json(json), PointId::from_number(7), payload), c.passes);
  }
}

TEST(PayloadFilter, IndexedFieldsDecideAsThePayloadDoes) {
  const std::vector<std::string> payloads = {
      kPayload, "{}", R"({"city": null, "tags": "blue", "count": [3, 4], "price": "12"})",
      R"({"city": ["Paris", "Berlin"], "none": [null], "deep": {"x": [{"y": 2}]}, "when": "x"})"};
  CollectionIndex index(1, Distance::kDot,
                        {{"city", "keyword"},
                         {"price", "float"},
                         {"count", "integer"},
                         {"free", "bool"},
                         {"none", "keyword"},
                         {"no", "keyword"},
                         {"gone", "keyword"},
                         {"tags", "keyword"},
                         {"when", "datetime"},
                         {"a.b", "integer"},
                         {"deep.x.y", "integer"},
                         {"items[].n", "integer"}});
  const std::vector<float> vector = {1};
  for (size_t i = 0; i < payloads.size(); ++i) {
    index.append(static_cast<int64_t>(10 * i + 1), vector, parse_json(payloads[i], "test"));
  }
  for (const Case& c : cases()) {
    const PayloadFilter filter = filter_of(c.filter);
    const auto undecided = [&](const Condition& condition) {
      EXPECT_TRUE(condition.kind == Condition::Kind::kHasId ||
                  condition.kind == Condition::Kind::kNested);
      Bitmap met(index.size());
      for (size_t i = 0; i < payloads.size(); ++i) {
        if (holds(condition, PointId::from_number(i), parse_json(payloads[i], "test"))) met.set(i);
      }
      return met;
    };
    const Bitmap passing = index.passing(filter, undecided);
    for (size_t i = 0; i < payloads.size(); ++i) {
      EXPECT_EQ(passing.test(i),
                passes(filter, PointId::from_number(i), parse_json(payloads[i], "test")))
          << c.filter << " on " << payloads[i];
    }
  }
}

TEST(PayloadFilter, AWordIndexMatchesWordsInAnyOrder) {
  const Json payload = parse_json(kPayload, "test");
  const PayloadFilter filter =
      filter_of(R"({"must": [{"key": "tags", "match": {"text": "FOX red"}}]})");
  EXPECT_TRUE(passes(filter, PointId(), payload, {"tags"}));
  EXPECT_FALSE(passes(filter, PointId(), payload));
}

TEST(PayloadFilter, WhatIsNoFilterIsNamed) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {R"([])", "filter:"},
      {R"({"may": []})", "filter.may"},
      {R"({"must": 3})", "filter.must"},
      {R"({"must": [{"key": "a"}]})", "filter.must[0]"},
      {R"({"must": [{"key": "a", "match": {"value": 1.5}}]})", "filter.must[0].match.value"},
      {R"({"must": [{"key": "a", "match": {"any": 1}}]})", "filter.must[0].match"},
      {R"({"must": [{"key": "a", "range": {"above": 1}}]})", "range.above"},
      {R"({"must": [{"key": "a", "range": {"gt": "soon"}}]})", "range.gt"},
      {R"({"must": [{"key": "a", "geo_radius": {}}]})", "geo"},
      {R"({"must": [{"has_id": ["x"]}]})", "has_id"},
      {R"({"must": [{"key": 7, "match": {"value": 1}}]})", "key"},
  };
  for (const auto& [text, place] : bad) {
    try {
      filter_of(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      EXPECT_NE(std::string(error.what()).find(place), std::string::npos) << error.what();
    }
  }
  std::string deep = R"({"key": "a", "match": {"value": 1}})";
  for (int i = 0; i < 40; ++i) deep = R"({"must": [)" + deep + "]}";
  EXPECT_THROW(filter_of(deep), Error);
}

TEST(PointId, FormsAndOrder) {
  EXPECT_EQ(PointId::from_json(Json(7), "id").to_json(), Json(7));
  EXPECT_EQ(PointId::from_number(0).text(), "0");
  EXPECT_LT(PointId::from_number(9), PointId::from_number(10));
  const char* text = "936DA01F-9abd-4d9d-80c7-02af85c822a8";
  const PointId id = *PointId::from_uuid(text);
  EXPECT_EQ(id.text(), "936da01f-9abd-4d9d-80c7-02af85c822a8");
  EXPECT_EQ(id, *PointId::from_uuid("936da01f9abd4d9d80c702af85c822a8"));
  EXPECT_EQ(id, *PointId::from_uuid("urn:uuid:936da01f-9abd-4d9d-80c7-02af85c822a8"));
  EXPECT_LT(PointId::from_number(UINT64_MAX), id);
  for (const char* bad : {"", "x", "936da01f-9abd-4d9d-80c7-02af85c822a", "-5"}) {
    EXPECT_FALSE(PointId::from_uuid(bad)) << bad;
  }
  EXPECT_THROW(PointId::from_json(Json(-1), "id"), Error);
  EXPECT_THROW(PointId::from_json(Json(1.5), "id"), Error);
}

TEST(ParseTime, ReadsDatesAndTimes) {
  EXPECT_EQ(parse_time("1970-01-02"), 86400.0);
  EXPECT_EQ(parse_time("1970-01-01T01:00:00+01:00"), 0.0);
  EXPECT_EQ(parse_time("1970-01-01 00:00:01.5Z"), 1.5);
  for (const char* bad : {"", "1970", "1970-13-01", "1970-01-01T", "1970-01-01T25:00", "soon"}) {
    EXPECT_FALSE(parse_time(bad)) << bad;
  }
}

}  // namespace
}  // namespace twin::vectors
