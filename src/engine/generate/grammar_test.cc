#include "engine/generate/grammar.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/generate/byte_automaton.h"

namespace twin {
namespace {

std::bitset<256> all_bytes() { return std::bitset<256>().set(); }

ByteAutomaton automaton_of(const std::string& gbnf) {
  return ByteAutomaton(
      std::make_shared<const ByteGraph>(parse_grammar(gbnf, "test"), all_bytes(), "test"));
}

bool matches(ByteAutomaton& automaton, std::string_view text) {
  ByteAutomaton::State state = automaton.start();
  for (const char c : text) state = automaton.next(state, static_cast<uint8_t>(c));
  return state != ByteAutomaton::kDead && automaton.accepts(state);
}

void expect_matches(const std::string& gbnf, const std::vector<std::string>& yes,
                    const std::vector<std::string>& no) {
  ByteAutomaton automaton = automaton_of(gbnf);
  for (const std::string& text : yes) EXPECT_TRUE(matches(automaton, text)) << gbnf << ": " << text;
  for (const std::string& text : no) EXPECT_FALSE(matches(automaton, text)) << gbnf << ": " << text;
}

std::string error_of(const std::string& gbnf) {
  try {
    automaton_of(gbnf);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    return error.what();
  }
  return "no error";
}

TEST(Grammar, EachConstructMatchesWhatItSays) {
  expect_matches(R"(root ::= "a\n\x41\u00e9\U0001F642\"\\")", {"a\nA\xC3\xA9\xF0\x9F\x99\x82\"\\"},
                 {"a", ""});
  expect_matches("root ::= [a-cx-] [^\\]a]", {"ab", "xz", "-\xE2\x82\xAC"}, {"dz", "aa", "a]"});
  expect_matches("root ::= \"a\"* \"b\"+ \"c\"?", {"b", "aabbc"}, {"", "a", "bcc"});
  expect_matches("root ::= \"a\"{2} | \"b\"{2,} | \"c\"{1,3} | \"d\"{,2}",
                 {"aa", "bb", "bbbbb", "c", "ccc", "", "dd"}, {"a", "aaa", "b", "cccc", "ddd"});
  expect_matches("root ::= (\"x\" | [0-9]+ # a comment\n  | y) \"!\"\ny ::=\n  \"why\"\n",
                 {"x!", "42!", "why!"}, {"x", "y!"});
  expect_matches("root ::= .", {"a", "\n", "\xF4\x8F\xBF\xBF"}, {"", "ab", "\xED\xA0\x80", "\xFF"});
  expect_matches("root ::= (\"a\"?)* \"b\" n*\nn ::= \"c\"?", {"b", "aab", "bcc"}, {"c"});
  expect_matches("root ::= \"\"", {""}, {"a"});
}

TEST(Grammar, RecursionFollowsTheStack) {
  expect_matches("root ::= \"(\" root \")\" | \"\"", {"", "()", "((()))"}, {"(", "())", ")("});
  // Which end follows is known only at the end: all readings are kept, as one.
  const std::string many = "root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"\"";
  expect_matches(many, {std::string(200, 'a') + std::string(100, 'b') + std::string(100, 'c')},
                 {std::string(200, 'a') + std::string(199, 'b')});
  expect_matches("root ::= \"a\" root root | \"b\"", {"b", "abb", "aabbabb"}, {"ab", "abbb"});
}

TEST(Grammar, RepetitionsOfRepetitionsTakeNoTimeOrAreRefused) {
  const std::string many(60, '+');
  expect_matches("root ::= \"r\"" + many + " \"s\"", {"rs", std::string(500, 'r') + "s"}, {"s"});
  expect_matches("root ::= (\"a\"{2,}){2,} | (\"b\"+ \"c\"?)+", {"aaaa", "aaaaa", "bcbb"},
                 {"aaa", "aa", "c", ""});
  std::string nested = "root ::= \"r\"";
  for (int i = 0; i < 10; ++i) nested += "{0,3}";
  ByteAutomaton automaton = automaton_of(nested);
  try {
    matches(automaton, "rrr");
    ADD_FAILURE() << "not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_NE(std::string(error.what()).find("too ambiguous"), std::string::npos) << error.what();
  }
}

TEST(Grammar, RightRecursionNeedsNoMoreStates) {
  ByteAutomaton automaton = automaton_of("root ::= \"a\" root | \"b\"");
  ByteAutomaton::State state = automaton.next(automaton.start(), 'a');
  const ByteAutomaton::State once = state;
  for (int i = 0; i < 100; ++i) state = automaton.next(state, 'a');
  EXPECT_EQ(state, once);
}

TEST(Grammar, Utf8RangesAreExact) {
  // Each range at its ends and one beyond, against the encoding itself.
  const std::vector<CodePoints> ranges = {{0, 0x7F},           {0x80, 0x7FF},     {0x7F0, 0x812},
                                          {0x123, 0x4567},     {0xD000, 0xF123},  {0xFFF0, 0x10010},
                                          {0x10000, 0x10FFFF}, {0x3FFFF, 0x40001}};
  for (const CodePoints& range : ranges) {
    Grammar grammar;
    grammar.nodes.push_back(
        {.kind = Grammar::Kind::kChars, .line = 1, .chars = normalize({range})});
    grammar.rules.push_back({"root", 1, 0});
    ByteAutomaton automaton(std::make_shared<const ByteGraph>(grammar, all_bytes(), "test"));
    for (uint32_t c = 0; c <= 0x10FFFF; c += c < 0x1000 ? 1 : 61) {
      if (c >= 0xD800 && c < 0xE000) continue;
      std::string text;
      append_utf8(c, text);
      EXPECT_EQ(matches(automaton, text), range.low <= c && c <= range.high) << c;
    }
  }
}

TEST(Grammar, ShortestRestCompletes) {
  ByteAutomaton automaton = automaton_of(
      "root ::= \"{\" (item (\",\" item)*)? \"}\"\nitem ::= \"abc\" | root | [0-9]+ \".\"");
  EXPECT_EQ(automaton.shortest_rest(automaton.start()), "{}");
  ByteAutomaton::State state = automaton.start();
  for (const char c : std::string("{a")) state = automaton.next(state, static_cast<uint8_t>(c));
  EXPECT_EQ(automaton.shortest(state), 3u);
  EXPECT_EQ(automaton.shortest_rest(state), "bc}");
}

TEST(Grammar, WrongGrammarsAreRefusedWithLineAndReason) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "no rule named 'root'"},
      {"a ::= \"x\"", "no rule named 'root'"},
      {"root ::= \"a\"\nroot ::= \"b\"", "line 2: rule 'root' is defined a second time"},
      {"root ::= x", "line 1: rule 'x' is used but not defined"},
      {"root = \"a\"", "line 1: '::=' is expected"},
      {"root ::= \"a", "line 1: the end inside a literal"},
      {"root ::= [a", "line 1"},
      {"root ::= []", "holds no character"},
      {"root ::= [z-a]", "ends before it begins"},
      {"root ::= (\"a\"", "')' is expected"},
      {"root ::= \"\\q\"", "unknown escape"},
      {"root ::= \"\\ud800\"", "no character"},
      {"root ::= \"a\"{3,2}", "ends before it begins"},
      {"root ::= \"a\"{999999999}", "too large"},
      {"root ::= (((\"ab\"{1000}){1000}){1000})", "too large"},
      {"root ::= \"\xFF\"", "not UTF-8"},
      {"root ::= root \"a\" | \"b\"", "line 1: rule 'root' can begin with itself"},
      {"root ::= a\na ::= n b\nb ::= a \"x\" | \"y\"\nn ::= \"z\"?", "left recursion"},
      {"root ::= \"a\" root", "rule 'root' never ends"},
      {"root ::= * \"a\"", "line 1"},
      {"root ::= " + std::string(1000, '('), "nested more than"},
  };
  for (const auto& [gbnf, reason] : cases) {
    EXPECT_NE(error_of(gbnf).find(reason), std::string::npos) << gbnf << "\n" << error_of(gbnf);
  }
}

}  // namespace
}  // namespace twin
