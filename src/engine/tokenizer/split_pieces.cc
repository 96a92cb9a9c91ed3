#include "engine/tokenizer/split_pieces.h"

#include <algorithm>

namespace twin {

void split_pieces(std::string_view text, const std::vector<Stretch>& stretches,
                  SplitBehavior behavior, PieceSink sink) {
  const auto put = [&](size_t begin, size_t end) {
    if (end > begin) sink(text.substr(begin, end - begin));
  };
  if (behavior == SplitBehavior::kIsolated || behavior == SplitBehavior::kRemoved) {
    for (const Stretch& s : stretches) {
      if (behavior == SplitBehavior::kIsolated || !s.is_match) put(s.begin, s.end);
    }
    return;
  }
  // Which neighbours become one piece: joined[i] says that i and i + 1 do.
  std::vector<bool> joined(stretches.size(), false);
  bool before = false;
  if (behavior == SplitBehavior::kMergedWithNext) {
    for (size_t i = stretches.size(); i-- > 0;) {
      joined[i] = stretches[i].is_match && !before && i + 1 < stretches.size();
      before = stretches[i].is_match;
    }
  } else {
    for (size_t i = 0; i < stretches.size(); ++i) {
      const bool match = stretches[i].is_match;
      const bool join = behavior == SplitBehavior::kContiguous ? match == before : match && !before;
      if (i > 0) joined[i - 1] = join;
      before = match;
    }
  }
  for (size_t i = 0; i < stretches.size(); ++i) {
    const size_t begin = stretches[i].begin;
    while (joined[i]) ++i;
    put(begin, stretches[i].end);
  }
}

}  // namespace twin
