#include "engine/chat/tracked_text.h"

#include <algorithm>

namespace twin::chat {
namespace {

// The first range that ends after `position`.
auto first_after(const std::vector<TrackedText::Range>& ranges, size_t position) {
  return std::upper_bound(
      ranges.begin(), ranges.end(), position,
      [](size_t value, const TrackedText::Range& range) { return value < range.end; });
}

}  // namespace

bool TrackedText::is_user(size_t position) const {
  const auto range = first_after(user_, position);
  return range != user_.end() && range->begin <= position;
}

void TrackedText::mark(size_t begin, size_t end) {
  if (begin == end) return;
  if (!user_.empty() && user_.back().end == begin) {
    user_.back().end = end;
  } else {
    user_.push_back({begin, end});
  }
}

void TrackedText::append(std::string_view bytes, bool user) {
  const size_t begin = bytes_.size();
  bytes_.append(bytes);
  if (user) mark(begin, bytes_.size());
}

void TrackedText::append(const TrackedText& other, size_t begin, size_t end) {
  const size_t at = bytes_.size();
  bytes_.append(other.bytes_, begin, end - begin);
  for (auto range = first_after(other.user_, begin);
       range != other.user_.end() && range->begin < end; ++range) {
    mark(at + std::max(range->begin, begin) - begin, at + std::min(range->end, end) - begin);
  }
}

TrackedText TrackedText::substr(size_t begin, size_t end) const {
  TrackedText part;
  part.append(*this, begin, end);
  return part;
}

}  // namespace twin::chat
