#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace twin {

// A seeded generator whose numbers are the same on every platform (the standard library's
// distributions are not). Passed by reference to whatever draws from it.
// Source: xoshiro256** 1.0, Blackman & Vigna 2018; seeded by splitmix64.
class Random {
 public:
  explicit Random(uint64_t seed);

  uint64_t next();
  // Uniform in [0, 1), 53 bits.
  double uniform();
  // Uniform in [0, bound) without bias. Requires bound > 0.
  uint64_t below(uint64_t bound);
  // Standard normal (Box-Muller; keeps no second value, so that the state is four words).
  double normal();

  // Fisher-Yates.
  template <class T>
  void shuffle(std::span<T> items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

  // The whole state, for checkpoints.
  const std::array<uint64_t, 4>& state() const { return state_; }
  void set_state(const std::array<uint64_t, 4>& state) { state_ = state; }

 private:
  std::array<uint64_t, 4> state_;
};

}  // namespace twin
