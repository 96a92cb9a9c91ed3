#pragma once

#include <cstddef>
#include <string_view>

namespace twin {

// Bytes [begin, end) of a document's verbatim text.
struct ByteRange {
  size_t begin = 0;
  size_t end = 0;

  size_t size() const { return end - begin; }
  bool operator==(const ByteRange&) const = default;
};

// Requires range.end <= text.size(). The view lives as long as `text`.
inline std::string_view slice(std::string_view text, ByteRange range) {
  return text.substr(range.begin, range.size());
}

}  // namespace twin
