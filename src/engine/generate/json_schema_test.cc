#include "engine/generate/json_schema.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/generate/generate_for_test.h"
#include "engine/generate/qwen2_for_test.h"

namespace twin {
namespace {

// A plain validator of what json_schema.h understands. Checked against Python's jsonschema by
// tests/golden/check_json_schema.py.
class Validator {
 public:
  explicit Validator(Json schema) : root_(std::move(schema)) {}
  bool valid(const Json& value) const { return valid(root_, value); }

 private:
  static bool is_a(const Json& v, const std::string& type) {
    if (type == "integer") {
      return v.is_number_integer() ||
             (v.is_number() && v.get<double>() == std::floor(v.get<double>()));
    }
    if (type == "number") return v.is_number();
    return v.type_name() == type;
  }

  static size_t characters(const std::string& text) {
    return static_cast<size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
  }

  bool valid(const Json& s, const Json& v) const {
    if (s.is_boolean()) return s.get<bool>();
    if (s.value("nullable", false) && v.is_null()) return true;
    if (s.contains("$ref")) {
      const Json& target = root_.at(Json::json_pointer(s["$ref"].get<std::string>().substr(1)));
      if (!valid(target, v)) return false;
    }
    if (s.contains("type")) {
      const Json types = s["type"].is_array() ? s["type"] : Json::array({s["type"]});
      if (std::none_of(types.begin(), types.end(), [&](const Json& t) { return is_a(v, t); })) {
        return false;
      }
    }
    if (s.contains("const") && v != s["const"]) return false;
    if (s.contains("enum") && std::find(s["enum"].begin(), s["enum"].end(), v) == s["enum"].end()) {
      return false;
    }
    const auto matching = [&](const char* key) {
      return std::count_if(s[key].begin(), s[key].end(),
                           [&](const Json& b) { return valid(b, v); });
    };
    if (s.contains("anyOf") && matching("anyOf") == 0) return false;
    if (s.contains("oneOf") && matching("oneOf") != 1) return false;
    if (s.contains("allOf") && static_cast<size_t>(matching("allOf")) != s["allOf"].size()) {
      return false;
    }
    if (v.is_string() && !valid_string(s, v)) return false;
    if (v.is_number()) {
      const auto x = v.get<double>();
      if (s.contains("minimum") && x < s["minimum"]) return false;
      if (s.contains("maximum") && x > s["maximum"]) return false;
      if (s.contains("exclusiveMinimum") && x <= s["exclusiveMinimum"]) return false;
      if (s.contains("exclusiveMaximum") && x >= s["exclusiveMaximum"]) return false;
    }
    if (v.is_array() && !valid_array(s, v)) return false;
    return !v.is_object() || valid_object(s, v);
  }

  // So that a regular expression sees characters.
  static std::wstring wide(const std::string& text) {
    std::wstring all;
    for (size_t i = 0; i < text.size();) {
      const auto first = static_cast<unsigned char>(text[i]);
      const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
      uint32_t c = length == 1 ? first : first & (0x7Fu >> length);
      for (size_t j = 1; j < length; ++j) {
        c = c << 6 | (static_cast<unsigned char>(text[i + j]) & 0x3F);
      }
      all += static_cast<wchar_t>(c);
      i += length;
    }
    return all;
  }

  static bool valid_string(const Json& s, const Json& v) {
    const auto text = v.get<std::string>();
    if (characters(text) < s.value("minLength", size_t{0})) return false;
    if (characters(text) > s.value("maxLength", SIZE_MAX)) return false;
    if (s.contains("pattern") &&
        !std::regex_search(wide(text), std::wregex(wide(s["pattern"].get<std::string>())))) {
      return false;
    }
    static const std::map<std::string, std::string> kFormats = {
        {"date", R"(\d{4}-\d\d-\d\d)"},
        {"time", R"(\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))"},
        {"date-time", R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))"},
        {"uuid", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"},
        {"email", R"([\w.+-]+@[\w-]+(\.[\w-]+)+)"},
        {"ipv4", R"(\d{1,3}(\.\d{1,3}){3})"}};
    return !s.contains("format") ||
           std::regex_match(text, std::regex(kFormats.at(s["format"].get<std::string>())));
  }

  bool valid_array(const Json& s, const Json& v) const {
    if (v.size() < s.value("minItems", size_t{0})) return false;
    if (v.size() > s.value("maxItems", SIZE_MAX)) return false;
    const Json prefix = s.value("prefixItems", Json::array());
    for (size_t i = 0; i < v.size(); ++i) {
      if (!valid(i < prefix.size() ? prefix[i] : s.value("items", Json(true)), v[i])) return false;
    }
    return true;
  }

  bool valid_object(const Json& s, const Json& v) const {
    for (const Json& name : s.value("required", Json::array())) {
      if (!v.contains(name.get<std::string>())) return false;
    }
    const Json properties = s.value("properties", Json::object());
    for (const auto& [name, value] : v.items()) {
      const Json& held_to = properties.contains(name) ? properties[name]
                                                      : s.value("additionalProperties", Json(true));
      if (!valid(held_to, value)) return false;
    }
    return true;
  }

  Json root_;
};

const std::filesystem::path kSchemas = TWIN_SOURCE_DIR "/tests/data/json_schemas.jsonl";

void expect_outputs_valid(const std::shared_ptr<const Vocabulary>& vocabulary, size_t rounds) {
  std::ifstream lines(kSchemas);
  ASSERT_TRUE(lines) << kSchemas;
  const char* dump = std::getenv("TWIN_TEST_DUMP");  // for check_json_schema.py
  std::ofstream dumped;
  if (dump != nullptr) dumped.open(dump, std::ios::app);
  Random random(7);
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    SCOPED_TRACE(line);
    const Validator validator{Json::parse(line)};
    const auto grammar =
        std::make_shared<TokenGrammar>(json_schema_grammar(line, "schema"), vocabulary, "schema");
    std::set<std::string> different;
    for (size_t round = 0; round < rounds; ++round) {
      Constraint constraint(grammar);
      size_t budget = 1 + random.below(120);
      try {
        constraint.begin(budget, {});
      } catch (const Error&) {
        budget = 600;
        constraint.begin(budget, {});
      }
      const std::string text = random_output(constraint, *vocabulary, budget, random);
      Json value;
      ASSERT_NO_THROW(value = Json::parse(text)) << text;
      ASSERT_TRUE(validator.valid(value)) << text;
      different.insert(text);
      if (dump != nullptr) dumped << line << '\n' << text << '\n';
    }
  }
  EXPECT_GT(count, 40u);
}

TEST(JsonSchema, OutputsAlwaysParseAndAreValid) { expect_outputs_valid(testing_vocabulary(), 40); }

TEST(JsonSchema, OutputsOverARealVocabularyAreValid) {
  const auto vocabulary = qwen2_vocabulary();
  if (!vocabulary) GTEST_SKIP() << "shared/data/tokenizers is absent";
  expect_outputs_valid(vocabulary, 2);
}

std::string error_of(const std::string& schema) {
  try {
    const Grammar grammar = json_schema_grammar(schema, "schema");
    ByteGraph(grammar, std::bitset<256>().set(), "schema");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    return error.what();
  }
  return "no error";
}

TEST(JsonSchema, WhatIsNotSupportedIsRefusedByName) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"not": {}})", "'not' is not supported"},
      {R"({"type": "integer", "multipleOf": 3})", "'multipleOf' is not supported"},
      {R"({"properties": {"a": {"type": "string", "format": "regex"}}})",
       "#/properties/a: format 'regex' is not supported"},
      {R"({"type": "array", "uniqueItems": true})", "'uniqueItems' is not supported"},
      {R"({"patternProperties": {}})", "'patternProperties' is not supported"},
      {R"({"type": "text"})", "'text' is no type"},
      {R"({"$ref": "#/$defs/x"})", "names nothing"},
      {R"({"$ref": "http://example.com/x"})", "outside the document"},
      {R"({"$ref": "#"})", "schema"},
      {R"({"allOf": [{"$ref": "#"}]})", "lead back to themselves"},
      {R"({"oneOf": [{"type": "integer"}, {"type": "number"}]})", "branches 0 and 1 may match"},
      {R"({"type": "integer", "minimum": 5, "maximum": 3})", "no whole number is from 5 to 3"},
      {R"({"type": "number", "minimum": 0.5})", "not whole"},
      {R"({"type": "string", "pattern": "(?=a)b"})", "look-around is not supported"},
      {R"({"type": "string", "pattern": "(a)\\1"})", "\\1 is not supported"},
      {R"({"type": "string", "pattern": "a", "minLength": 2})", "together are not supported"},
      {R"({"enum": [1], "minimum": 0})", "beside enum"},
      {R"({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]})",
       "never ends"},
      {R"({"type": 3})", "schema"},
      {R"({"properties": 3})", "schema"},
      {R"([1])", "neither an object nor a boolean"},
      {R"({"type": )", "schema"},
      {R"(false)", "false matches nothing"},
  };
  for (const auto& [schema, reason] : cases) {
    EXPECT_NE(error_of(schema).find(reason), std::string::npos) << schema << "\n"
                                                                << error_of(schema);
  }
}

// Every whole number near each bound, by the automaton.
TEST(JsonSchema, IntegerBoundsAreExact) {
  const std::vector<std::pair<int64_t, int64_t>> bounds = {
      {0, 0},     {0, 9},    {5, 13},    {-7, 21},    {99, 101},     {-1000, -1},
      {-12, -12}, {1, 1000}, {123, 456}, {990, 1234}, {-345, 12345}, {100, 99999}};
  for (const auto& [low, high] : bounds) {
    const Json schema = {{"type", "integer"}, {"minimum", low}, {"maximum", high}};
    ByteAutomaton automaton(std::make_shared<const ByteGraph>(
        json_schema_grammar(schema.dump(), "schema"), std::bitset<256>().set(), "schema"));
    for (int64_t value = low - 1500; value <= high + 1500; ++value) {
      ByteAutomaton::State state = automaton.start();
      for (const char c : std::to_string(value))
        state = automaton.next(state, static_cast<uint8_t>(c));
      const bool matched = state != ByteAutomaton::kDead && automaton.accepts(state);
      ASSERT_EQ(matched, low <= value && value <= high) << low << ' ' << high << ' ' << value;
    }
  }
}

}  // namespace
}  // namespace twin
