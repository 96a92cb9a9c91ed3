#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace twin {

// Guesses what comes next from the text's own past: where its last few tokens stood before, what
// followed there. Right where a text repeats its prompt (answers from passages, edits, code).
// Source of the method: Saxena 2023, "Prompt lookup decoding"; verified as in Leviathan et al.
// 2023, arXiv:2211.17192, but on the same random draw, so that the text is the very one that would
// have come without.
//
// Every token that is written shows whether the guess for it would have been right, whether it was
// verified or not. So how often guesses are right is known at no cost, by the length of what
// matches, and a guess is only handed out where verifying it will probably save time.
class Lookup {
 public:
  // most: the longest guess; 0: none ever.
  explicit Lookup(size_t most) : most_(most) {}

  // The tokens that stood there before anything was written, in order.
  void begin(std::span<const int32_t> prompt);
  // The token that has been written.
  void append(int32_t token);

  // The guessed tokens behind the last, at most `room`: those that are worth verifying where each
  // costs `cost` times what a token written by itself takes (StepCost). Valid until the next
  // append.
  std::span<const int32_t> guess(size_t room, double cost);
  // How many of the last guess were right.
  void tell(size_t right);

  size_t guessed() const { return guessed_; }
  size_t right() const { return right_; }

 private:
  static constexpr size_t kLongest = 4, kShortest = 2;  // of the matched ends

  // Guesses made behind a match of some length, and those that were right: the recent ones count
  // most.
  struct Record {
    double made, right;
  };

  static size_t record_of(size_t matched);
  uint64_t key(size_t n) const;
  void remember(int32_t token);
  void find();

  size_t most_;
  std::vector<int32_t> tokens_;
  // By the last n tokens (and n): where what followed them begins, the last time.
  std::unordered_map<uint64_t, uint32_t> after_;
  size_t next_ = 0;     // where the guess for the next token stands
  size_t matched_ = 0;  // how many tokens before it are those before the next; 0: no guess
  // Of matches of 2, 3, 4, 5 to 7, 8 to 15 and 16 tokens or more. At first: what texts written from
  // passages gave (bench/lookup_bench.cc), counting like so many guesses.
  std::array<Record, 6> records_ = {{{4, 0.8}, {4, 1.2}, {4, 1.6}, {4, 2.4}, {4, 3.2}, {4, 3.6}}};
  size_t last_ = 0;  // tokens of the last guess
  size_t guessed_ = 0, right_ = 0;
};

}  // namespace twin
