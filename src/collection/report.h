#pragma once

#include <map>
#include <string>
#include <vector>

namespace twin {

// How many items came to which state.
struct CollectionReport {
  // An item that became no document.
  struct Refused {
    std::string source, state, reason;
  };
  static constexpr size_t kMaxRefused = 10;  // that are kept of a state

  std::map<std::string, size_t> states;  // as Item::state
  std::vector<std::string> notes;        // what else the user should know, a sentence each
  std::vector<Refused> refused;          // the first of those that were skipped or failed

  void add(const CollectionReport& other) {
    for (const auto& [state, count] : other.states) states[state] += count;
    notes.insert(notes.end(), other.notes.begin(), other.notes.end());
    refused.insert(refused.end(), other.refused.begin(), other.refused.end());
  }
  size_t count(const std::string& state) const {
    const auto found = states.find(state);
    return found == states.end() ? 0 : found->second;
  }
  size_t total() const {
    size_t sum = 0;
    for (const auto& [state, count] : states) sum += count;
    return sum;
  }
};

}  // namespace twin
