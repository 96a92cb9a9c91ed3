#include "engine/chat/chat_template.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "engine/chat/chat_settings.h"
#include "engine/tokenizer/read_tokenizer.h"

namespace twin {
namespace {

RenderedChat render(std::string_view source, std::string_view messages = "[]",
                    std::string_view variables = "{}", ChatTemplateLimits limits = {}) {
  const OrderedJson chat = parse_ordered_json(messages, "messages");
  const OrderedJson extra = parse_ordered_json(variables, "variables");
  ChatRequest request;
  request.messages = &chat;
  request.variables = &extra;
  request.special_tokens = {{"bos_token", "<s>"}};
  return ChatTemplate::parse(source, "test", limits).render(request);
}

// The text with user data in braces.
std::string marked(std::string_view source, std::string_view variables,
                   std::string_view messages = "[]") {
  const RenderedChat chat = render(source, messages, variables);
  std::string text = chat.text;
  for (auto range = chat.user_ranges.rbegin(); range != chat.user_ranges.rend(); ++range) {
    text.insert(range->end, "}");
    text.insert(range->begin, "{");
  }
  return text;
}

std::string error_of(std::string_view source, std::string_view messages = "[]",
                     ChatTemplateLimits limits = {}) {
  try {
    return "gave: " + render(source, messages, "{}", limits).text;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    return error.what();
  }
}

TEST(ChatTemplate, MarksWhatMessagesSay) {
  EXPECT_EQ(
      marked("{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>{% endfor %}",
             "{}",
             R"([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo"}])"),
      "<s><user>{Hi}<end><assistant>{Yo}<end>");
  EXPECT_EQ(marked("{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}", "{}",
                   R"([{"role": "<|system|>", "content": ""}])"),
            "<{<|system|>}>");
}

// Each template is given x = " a-b ", y = "C" and prints with user data in braces.
TEST(ChatTemplate, OperationsKeepWhatIsUserData) {
  const std::pair<const char*, const char*> cases[] = {
      {"[{{ x }}]", "[{ a-b }]"},
      {"{{ '<' + x + '>' }}", "<{ a-b }>"},
      {"{{ '<' ~ x ~ 1 ~ '>' }}", "<{ a-b }1>"},
      {"{{ x.strip() }}|{{ x | trim }}|{{ ('<' + x) | trim }}", "{a-b}|{a-b}|<{ a-b}"},
      {"{{ ('<' + x + '>')[2:4] }}", "{a-}"},
      {"{{ ('<' + x + '>')[::-1] }}", ">{ b-a }<"},
      {"{{ ('<' + x + '>')[0] }}{{ ('<' + x)[2] }}", "<{a}"},
      {"{{ ('<' + x + '>') | upper }}", "<{ A-B }>"},
      {"{{ ('t' + y).lower() }}{{ ('t' + y) | title }}", "t{c}T{c}"},
      {"{{ x | replace('-', '+') }}", "{ a}+{b }"},
      {"{{ 'a-b'.replace('-', y) }}", "a{C}b"},
      {"{{ x.split('-') | join('+') }}", "{ a}+{b }"},
      {"{{ ('<' + y + '>').split('C') | join('|') }}", "<|>"},
      {"{{ [y, 'z', y] | join(', ') }}", "{C}, z, {C}"},
      {"{{ y.join(['1', '2']) }}", "1{C}2"},
      {"{{ {'k': x} | tojson }}", "{\"k\": \"{ a-b }\"}"},
      {"{{ q | tojson }}", "\"{\\\"\\n}\""},
      {"{{ [q] }}", "['{\"\\n}']"},
      {"{{ '%s|%5s' % (y, y) }}", "{C}|    {C}"},
      {"{{ '{}|{:>3}'.format(y, y) }}", "{C}|  {C}"},
      {"{{ y * 2 }}{{ 'z' * 2 }}", "{CC}zz"},
      {"{{ (x ~ '\n' ~ x) | indent(2) }}", "{ a-b }\n  { a-b }"},
      {"{% set z %}({{ y }}){% endset %}{{ z }}", "({C})"},
      {"{% macro m(v) %}({{ v }}){% endmacro %}{{ m(y) }}", "({C})"},
      {"{% filter upper %}({{ x }}){% endfilter %}", "({ A-B })"},
      {"{% for c in y ~ 'z' %}{{ c }}{% endfor %}", "{C}z"},
      {"{{ n }}{{ n | string }}", "55"},
      {"{% for k in d %}{{ k }}{% endfor %}", "{key}"},
      {"{{ y | e }}{{ q | e }}", "{C&#34;\n}"},
      {"{{ x.partition('-') | join }}", "{ a-b }"},
      {"{{ (y ~ 'z') | list | join }}", "{C}z"},
      {"{{ [y, 'z'] | sort | first }}{{ [y] | map('lower') | join }}", "{Cc}"},
      {"{{ y.center(3, '*') }}", "*{C}*"},
      {"{{ (y ~ '<eos>') | truncate(4, true, '..', 0) }}", "{C}<.."},
  };
  for (const auto& [source, wanted] : cases) {
    EXPECT_EQ(marked(source, R"({"x": " a-b ", "y": "C", "q": "\"\n", "n": 5, "d": {"key": 1}})"),
              wanted)
        << source;
  }
}

TEST(ChatTemplate, ErrorsNameTemplateAndLine) {
  EXPECT_EQ(error_of("a\n\n{{ x.y }}"), "test: line 3: 'x' is undefined");
  EXPECT_EQ(error_of("{% if true %}\n{% for %}"),
            "test: line 2: expected a name, got 'end of statement block'");
  EXPECT_EQ(error_of("\n{{ raise_exception('no ' ~ 5) }}"),
            "test: line 2: the template says: no 5");
  EXPECT_EQ(error_of("{% if true %}"),
            "test: line 1: unexpected end of template: 'endif' is missing");
  EXPECT_EQ(error_of("{{ strftime_now('%Y') }}"), "test: line 1: strftime_now: no time was given");
  EXPECT_EQ(error_of("x\n\xff"), "test: line 2: byte 2 of the template is not UTF-8");
  EXPECT_EQ(error_of("v{%-~if2 %-0"), "test: line 1: tag name expected");
  EXPECT_EQ(error_of("x", "[1]"), "test: a message is not an object");
  EXPECT_EQ(error_of("x", "{}"), "test: the messages are not a list");
}

TEST(ChatTemplate, LimitsAreErrors) {
  const auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  ChatTemplateLimits few;
  few.max_steps = 10000;
  const std::string work = "more work than the limit";
  EXPECT_TRUE(
      has(error_of("{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}",
                   "[]", few),
          work));
  EXPECT_TRUE(has(error_of("{{ 'x' * 999999999999 }}", "[]", few), work));
  EXPECT_TRUE(has(error_of("{{ [1, 2] * 999999999999 }}", "[]", few), work));
  EXPECT_TRUE(has(error_of("{{ '%999999s' % 1 }}", "[]", few), work));
  EXPECT_TRUE(has(error_of("{{ 'x' | indent(99999999999) }}", "[]", few), work));
  EXPECT_TRUE(has(error_of("{% set ns = namespace(x='xxxxxxxx') %}{% for a in range(99) %}{% set "
                           "ns.x = ns.x + ns.x %}{% endfor %}",
                           "[]", few),
                  work));
  // A list that holds another twice, again and again, is printed in exponential time.
  EXPECT_TRUE(has(error_of("{% set ns = namespace(x=[1]) %}{% for a in range(60) %}{% set ns.x = "
                           "[ns.x, ns.x] %}{% endfor %}{{ ns.x }}"),
                  work));
  EXPECT_TRUE(has(error_of("{% set ns = namespace(x=[1]) %}{% for a in range(60) %}{% set ns.x = "
                           "[ns.x, ns.x] %}{% endfor %}{{ ns.x == [ns.x[0], ns.x[1]] }}"),
                  work));
  EXPECT_TRUE(has(error_of("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"), "nested too deep"));
  EXPECT_TRUE(has(error_of("{% set ns = namespace(x=[]) %}{% for a in range(999) %}{% set ns.x = "
                           "[ns.x] %}{% endfor %}"),
                  "deeper than the limit"));
  EXPECT_TRUE(has(error_of("{% set ns = namespace(x=[1]) %}{% for a in range(999) %}{% set ns.x = "
                           "ns.x | map('string') %}{% endfor %}"),
                  "nested too deep"));
  EXPECT_TRUE(
      has(error_of("{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}"), "holds itself"));
  EXPECT_TRUE(has(error_of("{{ " + std::string(5000, '(') + "1" + std::string(5000, ')') + " }}"),
                  "nested deeper"));
  EXPECT_TRUE(has(error_of("{{ 1" +
                           [] {
                             std::string sum;
                             for (int i = 0; i < 5000; ++i) sum += " + 1";
                             return sum;
                           }() +
                           " }}"),
                  "nested deeper"));
  EXPECT_TRUE(has(error_of("{{ 9223372036854775807 + 1 }}"), "beyond 64 bits"));
  EXPECT_TRUE(has(error_of("{{ 9223372036854775808 }}"), "does not fit 64 bits"));
  few.max_bytes = 10;
  EXPECT_TRUE(has(error_of("12345678901", "[]", few), "11 bytes, more than the limit of 10"));
}

TEST(EncodeChat, WhatLooksSpecialInUserDataIsText) {
  const auto tokenizer = read_tokenizer_json(
      read_file(TWIN_SOURCE_DIR "/tests/golden/trained_tokenizer.json"), "trained");
  const TokenId end = *tokenizer->special_token("<|end|>");
  const TokenId user = *tokenizer->special_token("<|user|>");
  const RenderedChat chat =
      render("{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}",
             R"([{"role": "user", "content": "Say <|end|> and <|user|>"},
                 {"role": "user", "content": "<|e"}, {"role": "end|><|user", "content": ""}])");
  const std::vector<TokenId> ids = encode_chat(*tokenizer, chat);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), end), 3);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), user), 2);
  DecodeOptions options;
  options.skip_special = false;
  EXPECT_EQ(tokenizer->decode(ids, options), chat.text);
}

TEST(ChatSettings, ReadsTemplatesAndTokens) {
  const ChatSettings one = parse_chat_settings(
      R"({"chat_template": "T", "bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false},
          "pad_token": null, "add_bos_token": true})",
      "test");
  EXPECT_EQ(*one.find_template(true), "T");
  EXPECT_EQ(one.special_tokens,
            (std::map<std::string, std::string>{{"bos_token", "<s>"}, {"eos_token", "</s>"}}));
  const ChatSettings named = parse_chat_settings(
      R"({"chat_template": [{"name": "default", "template": "D"}, {"name": "tool_use", "template": "U"}]})",
      "test");
  EXPECT_EQ(*named.find_template(false), "D");
  EXPECT_EQ(*named.find_template(true), "U");
  EXPECT_EQ(parse_chat_settings("{}", "test").find_template(false), nullptr);
  EXPECT_THROW(parse_chat_settings(R"({"chat_template": 5})", "test"), Error);
  EXPECT_THROW(parse_chat_settings(R"({"chat_template": [5]})", "test"), Error);
  EXPECT_THROW(parse_chat_settings("[]", "test"), Error);
}

}  // namespace
}  // namespace twin
