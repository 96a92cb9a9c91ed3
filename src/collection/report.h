#pragma once

#include <map>
#include <string>

namespace twin {

// How many items came to which state.
struct CollectionReport {
  std::map<std::string, size_t> states;  // "new", "unchanged", "new version", "skipped", "failed"

  size_t total() const {
    size_t sum = 0;
    for (const auto& [state, count] : states) sum += count;
    return sum;
  }
};

}  // namespace twin
