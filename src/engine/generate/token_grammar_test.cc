#include "engine/generate/token_grammar.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "engine/generate/generate_for_test.h"

namespace twin {
namespace {

std::shared_ptr<TokenGrammar> grammar_of(const std::string& gbnf,
                                         std::shared_ptr<const Vocabulary> vocabulary) {
  return std::make_shared<TokenGrammar>(parse_grammar(gbnf, "test"), std::move(vocabulary), "test");
}

bool bit(std::span<const uint64_t> bits, size_t id) {
  return (bits[id / 64] >> (id % 64) & 1) != 0;
}

TEST(Vocabulary, TrieHoldsEveryTokenOnce) {
  const std::vector<std::string> tokens = {"ab", "", "a", "abc", "b", "ab", "xyz", "\xFF"};
  const Vocabulary vocabulary(tokens);
  std::vector<int> met(tokens.size());
  std::string path;
  for (size_t n = 0; n < vocabulary.nodes().size(); ++n) {
    path.resize(vocabulary.nodes()[n].depth - 1u);
    path += static_cast<char>(vocabulary.nodes()[n].byte);
    for (const int32_t id : vocabulary.tokens_at(n)) {
      EXPECT_EQ(path, tokens[static_cast<size_t>(id)]);
      ++met[static_cast<size_t>(id)];
    }
  }
  EXPECT_EQ(met, (std::vector<int>{1, 0, 1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(vocabulary.single_byte('a'), 2);
  EXPECT_EQ(vocabulary.single_byte('c'), -1);
  EXPECT_EQ(vocabulary.fewest_tokens("abca"), (std::vector<int32_t>{3, 2}));
}

TEST(TokenGrammar, MaskIsWhatTheAutomatonSays) {
  const auto vocabulary = testing_vocabulary();
  const std::string gbnf = "root ::= \"{\" [a-z ]+ (\",\" root)? \"}\" | \"the\"{1,3}";
  Constraint constraint(grammar_of(gbnf, vocabulary));
  constraint.begin(100, {});
  ByteAutomaton automaton(
      std::make_shared<const ByteGraph>(parse_grammar(gbnf, "test"), vocabulary->bytes(), "test"));
  ByteAutomaton::State state = automaton.start();
  Random random(3);
  for (size_t left = 100; left > 50; --left) {
    const auto allowed = constraint.allowed(left);
    if (allowed.empty()) break;
    std::vector<int32_t> ids;
    for (size_t id = 0; id < vocabulary->size(); ++id) {
      ByteAutomaton::State next = state;
      const std::string_view bytes = vocabulary->token(static_cast<int32_t>(id));
      for (const char c : bytes) next = automaton.next(next, static_cast<uint8_t>(c));
      const bool fits = !bytes.empty() && next != ByteAutomaton::kDead;
      ASSERT_EQ(bit(allowed, id), fits) << id;
      if (fits) ids.push_back(static_cast<int32_t>(id));
    }
    const int32_t id = ids[random.below(ids.size())];
    for (const char c : vocabulary->token(id))
      state = automaton.next(state, static_cast<uint8_t>(c));
    constraint.accept(id);
  }
}

TEST(TokenGrammar, StopsAreAllowedWhereTheOutputMayEnd) {
  const auto vocabulary = testing_vocabulary();
  const auto stop = static_cast<int32_t>(vocabulary->size() - 1);
  Constraint constraint(grammar_of("root ::= \"a\" \"b\"? \"c\"*", vocabulary));
  constraint.begin(20, std::vector<int32_t>{stop});
  EXPECT_FALSE(bit(constraint.allowed(20), static_cast<size_t>(stop)));
  EXPECT_FALSE(constraint.may_end());
  constraint.accept('a');
  EXPECT_TRUE(bit(constraint.allowed(19), static_cast<size_t>(stop)));
  EXPECT_TRUE(constraint.may_end());
  Constraint fixed(grammar_of("root ::= \"a\"", vocabulary));
  fixed.begin(20, std::vector<int32_t>{stop});
  fixed.accept('a');
  EXPECT_TRUE(fixed.allowed(19).empty()) << "must end";
  EXPECT_THROW(fixed.begin(20, std::vector<int32_t>{'a'}), Error) << "a stop with text of its own";
}

TEST(TokenGrammar, TooSmallABudgetIsAnErrorWithTheNumbers) {
  Constraint constraint(grammar_of("root ::= \"0123456789\" [0-9]*", testing_vocabulary()));
  try {
    constraint.begin(6, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("takes 7 tokens (10 bytes); max_new_tokens is 6"),
              std::string::npos)
        << error.what();
  }
  constraint.begin(7, {});
}

TEST(TokenGrammar, OutputIsCompleteWithinAnyBudget) {
  const auto vocabulary = testing_vocabulary();
  const std::string gbnf =
      "root ::= object\nobject ::= \"{\" (member (\", \" member)*)? \"}\"\n"
      "member ::= [a-z]+ \": \" (object | [0-9]+ | \"the\" \" end\")";
  const auto grammar = grammar_of(gbnf, vocabulary);
  ByteAutomaton automaton(
      std::make_shared<const ByteGraph>(parse_grammar(gbnf, "test"), vocabulary->bytes(), "test"));
  Random random(1);
  for (size_t round = 0; round < 400; ++round) {
    const size_t budget = 2 + random.below(40);
    Constraint constraint(grammar);
    constraint.begin(budget, {});
    const std::string text = random_output(constraint, *vocabulary, budget, random);
    ByteAutomaton::State state = automaton.start();
    for (const char c : text) state = automaton.next(state, static_cast<uint8_t>(c));
    ASSERT_TRUE(state != ByteAutomaton::kDead && automaton.accepts(state)) << text;
  }
}

TEST(TokenGrammar, BytesWithoutATokenAreNeverNeeded) {
  std::vector<std::string> tokens = {"a", "b", "ab", "ac"};  // no c alone
  const auto vocabulary = std::make_shared<const Vocabulary>(tokens);
  Constraint constraint(grammar_of("root ::= \"a\" (\"c\" | \"b\")", vocabulary));
  constraint.begin(5, {});
  EXPECT_EQ(constraint.allowed(5)[0], 0b0101u) << "a, ab";
  EXPECT_THROW(grammar_of("root ::= \"c\"", vocabulary), Error);
}

}  // namespace
}  // namespace twin
