#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/byte_range.h"

namespace twin {

// A stretch of a text, and the bytes of its source that it was read from. Where both are equally
// long they are the same bytes, but that white space may have become a space; else the source
// spells them otherwise, with entities for example.
struct SourceRange {
  ByteRange text, source;
};

// A text in the making that knows where its stretches come from. What has no source (marks,
// prefixes) lies in no range. Ranges are in order and do not overlap.
class TracedText {
 public:
  const std::string& text() const { return text_; }
  const std::vector<SourceRange>& ranges() const { return ranges_; }
  std::vector<SourceRange> take_ranges() { return std::move(ranges_); }
  std::string take_text() { return std::move(text_); }
  size_t size() const { return text_.size(); }
  bool empty() const { return text_.empty(); }
  bool ends_with(char c) const { return text_.ends_with(c); }

  void append(std::string_view text) { text_.append(text); }
  void append(std::string_view text, ByteRange source);
  // The bytes [range.begin, range.end) of another one.
  void append(const TracedText& other, ByteRange range);
  void append(const TracedText& other) { append(other, {0, other.size()}); }
  void insert(size_t position, std::string_view text);
  void shorten(size_t size);  // requires size <= this->size()
  void trim_end();            // spaces and line breaks
  void clear() { shorten(0); }

 private:
  std::string text_;
  std::vector<SourceRange> ranges_;
};

}  // namespace twin
