#include "text/traced_text.h"

#include <algorithm>

namespace twin {
namespace {

size_t length(ByteRange range) { return range.end - range.begin; }
bool is_verbatim(const SourceRange& range) { return length(range.text) == length(range.source); }

}  // namespace

void TracedText::append(std::string_view text, ByteRange source) {
  if (text.empty()) return;
  const SourceRange added{{text_.size(), text_.size() + text.size()}, source};
  text_.append(text);
  if (!ranges_.empty() && is_verbatim(added)) {
    SourceRange& last = ranges_.back();
    if (is_verbatim(last) && last.text.end == added.text.begin &&
        last.source.end == added.source.begin) {
      last.text.end = added.text.end;
      last.source.end = added.source.end;
      return;
    }
  }
  ranges_.push_back(added);
}

void TracedText::append(const TracedText& other, ByteRange range) {
  const size_t begin = text_.size();
  text_.append(other.text_, range.begin, length(range));
  const auto first =
      std::partition_point(other.ranges_.begin(), other.ranges_.end(),
                           [&](const SourceRange& r) { return r.text.end <= range.begin; });
  for (auto i = first; i != other.ranges_.end(); ++i) {
    SourceRange piece = *i;
    if (piece.text.begin >= range.end) break;
    if (is_verbatim(piece)) {
      if (piece.text.begin < range.begin) piece.source.begin += range.begin - piece.text.begin;
      if (piece.text.end > range.end) piece.source.end -= piece.text.end - range.end;
    }
    piece.text.begin = std::max(piece.text.begin, range.begin) - range.begin + begin;
    piece.text.end = std::min(piece.text.end, range.end) - range.begin + begin;
    ranges_.push_back(piece);
  }
}

void TracedText::insert(size_t position, std::string_view text) {
  text_.insert(position, text);
  for (size_t i = ranges_.size(); i-- > 0 && ranges_[i].text.end > position;) {
    SourceRange& range = ranges_[i];
    if (range.text.begin < position) {  // cut in two
      SourceRange rest = range;
      if (is_verbatim(range)) {
        range.source.end = rest.source.begin = range.source.begin + (position - range.text.begin);
      }
      rest.text = {position + text.size(), range.text.end + text.size()};
      range.text.end = position;
      ranges_.insert(ranges_.begin() + static_cast<std::ptrdiff_t>(i) + 1, rest);
      return;
    }
    range.text.begin += text.size();
    range.text.end += text.size();
  }
}

void TracedText::shorten(size_t size) {
  text_.resize(size);
  while (!ranges_.empty() && ranges_.back().text.end > size) {
    SourceRange& last = ranges_.back();
    if (last.text.begin >= size) {
      ranges_.pop_back();
      continue;
    }
    if (is_verbatim(last)) last.source.end -= last.text.end - size;
    last.text.end = size;
  }
}

void TracedText::trim_end() {
  size_t size = text_.size();
  while (size > 0 && (text_[size - 1] == ' ' || text_[size - 1] == '\n')) --size;
  shorten(size);
}

}  // namespace twin
