#pragma once

#include <map>
#include <string>

namespace twin {

// How many items came to which state.
struct CollectionReport {
  std::map<std::string, size_t> states;  // as Item::state

  void add(const CollectionReport& other) {
    for (const auto& [state, count] : other.states) states[state] += count;
  }
  size_t total() const {
    size_t sum = 0;
    for (const auto& [state, count] : states) sum += count;
    return sum;
  }
};

}  // namespace twin
