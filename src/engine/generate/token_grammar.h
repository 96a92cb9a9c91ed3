#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/generate/byte_automaton.h"
#include "engine/generate/vocabulary.h"

namespace twin {

// A grammar over a vocabulary: which tokens may come next. Shared by any number of constraints;
// what one has found out the others need not. Thread-safe: one question at a time, others wait.
class TokenGrammar {
 public:
  // `where` names the grammar in errors. Errors: those of ByteGraph.
  TokenGrammar(const Grammar& grammar, std::shared_ptr<const Vocabulary> vocabulary,
               const std::string& where);

  const Vocabulary& vocabulary() const { return *vocabulary_; }

 private:
  friend class Constraint;
  using State = ByteAutomaton::State;

  struct Mask {
    std::vector<uint64_t> allowed;  // a bit per id
    uint64_t longest_rest = 0;      // the greatest shortest rest behind an allowed token, in bytes
    size_t count = 0;
  };

  const Mask& mask(State state);
  // Sets the bits of the tokens behind which at most `most_rest` bytes complete the output.
  Mask walk(State state, uint64_t most_rest);
  // Begins with an empty automaton where the old one has grown beyond kMostBytes.
  void make_room();

  static constexpr size_t kMostBytes = size_t{128} << 20;

  std::mutex mutex_;
  std::shared_ptr<const ByteGraph> graph_;
  std::shared_ptr<const Vocabulary> vocabulary_;
  std::unique_ptr<ByteAutomaton> automaton_;
  uint64_t epoch_ = 0;  // of the automaton: states of another are void
  std::unordered_map<State, Mask> masks_;
  size_t mask_bytes_ = 0;
  std::vector<State> at_depth_;
};

// One output that is held to a grammar: always complete within its number of tokens. One thread at
// a time; constraints on one TokenGrammar may be on different threads.
class Constraint {
 public:
  explicit Constraint(std::shared_ptr<TokenGrammar> grammar);

  // Begins an output of at most `max_new_tokens` that ends with one of `stop_tokens` or when it
  // must. Errors: kBadInput, with the numbers, where the shortest output takes more tokens.
  void begin(size_t max_new_tokens, std::span<const int32_t> stop_tokens);

  // The tokens (a bit per id) that may come next where `left` tokens are left with it: whichever is
  // chosen, the output can be completed with the rest. Stop tokens are among them where the output
  // may end. Empty: it must end here. Valid until the next call.
  std::span<const uint64_t> allowed(size_t left);
  // The token that was chosen of the last allowed(); not a stop token.
  void accept(int32_t id);
  // Whether the output so far is complete.
  bool may_end();

 private:
  TokenGrammar::State state();

  std::shared_ptr<TokenGrammar> grammar_;
  std::string text_;  // so far: states are found again from it
  TokenGrammar::State state_ = 0;
  uint64_t epoch_ = UINT64_MAX;
  std::vector<int32_t> stop_tokens_;
  std::vector<uint64_t> allowed_;
  std::vector<int32_t> plan_;  // completes the output from here, where has_plan_; last token first
  bool has_plan_ = false;
};

}  // namespace twin
