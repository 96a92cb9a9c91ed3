#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace twin {

// Guesses what comes next from the text's own past: where its last few tokens stood before, what
// followed there. Right where a text repeats its prompt (answers from passages, edits, code).
// Guesses cost no correctness, only the time to verify them, so it gives up for a while where they
// are mostly wrong. Source of the method: Saxena 2023, "Prompt lookup decoding"; verified as in
// Leviathan et al. 2023, arXiv:2211.17192, but on the same random draw, so that the text is the
// very one that would have come without.
class Lookup {
 public:
  // most: the longest guess; 0: none ever.
  explicit Lookup(size_t most) : most_(most) {}

  // The tokens that have become certain, in order.
  void append(std::span<const int32_t> tokens);
  void append(int32_t token) { append({&token, 1}); }

  // Up to `room` guessed tokens behind the last; valid until the next append.
  std::span<const int32_t> guess(size_t room);
  // How many of the last guess were right.
  void tell(size_t right);

  size_t guessed() const { return guessed_; }
  size_t right() const { return right_; }

 private:
  static constexpr size_t kLongest = 4, kShortest = 2;  // of the matched ends
  static constexpr size_t kRests[2] = {16, 256};        // tokens without guesses: at first, at most

  uint64_t key(size_t n) const;

  size_t most_;
  std::vector<int32_t> tokens_;
  // By the last n tokens (and n): where what followed them begins, the last time.
  std::unordered_map<uint64_t, uint32_t> after_;
  size_t last_ = 0;     // tokens of the last guess
  double share_ = 0.5;  // of right guesses, the recent counting most
  size_t rest_ = kRests[0];
  size_t resting_ = 0;  // tokens until the next guess
  size_t guessed_ = 0, right_ = 0;
};

}  // namespace twin
