#pragma once

#include <map>
#include <string>
#include <vector>

namespace twin {

// How many items came to which state.
struct CollectionReport {
  std::map<std::string, size_t> states;  // as Item::state
  std::vector<std::string> notes;        // what else the user should know, a sentence each

  void add(const CollectionReport& other) {
    for (const auto& [state, count] : other.states) states[state] += count;
    notes.insert(notes.end(), other.notes.begin(), other.notes.end());
  }
  size_t total() const {
    size_t sum = 0;
    for (const auto& [state, count] : states) sum += count;
    return sum;
  }
};

}  // namespace twin
