#include "text/fitting.h"

#include <algorithm>
#include <vector>

#include "text/unicode.h"

namespace twin {

size_t fitting_beginning(std::string_view text, size_t most_tokens,
                         const std::function<size_t(std::string_view)>& count_tokens) {
  const auto fits = [&](size_t bytes) {
    return count_tokens(text.substr(0, bytes)) <= most_tokens;
  };
  if (fits(text.size())) return text.size();
  std::vector<size_t> ends;
  for (const ByteRange& word : words(text)) ends.push_back(word.end);
  if (ends.empty() || !fits(ends[0])) {
    const size_t end = ends.empty() ? text.size() : ends[0];
    ends.clear();
    for (size_t i = 0; i < end;) ends.push_back(i += code_point_at(text, i).bytes);
  }
  const auto cut = std::partition_point(ends.begin(), ends.end(), fits);
  return cut == ends.begin() ? 0 : *(cut - 1);
}

}  // namespace twin
