#pragma once

#include <utility>
#include <vector>

#include "domain/document.h"

namespace twin {

// Collects the spans of a document in order, joining neighbours that are alike: each span begins
// where the one before it ends.
class SpanList {
 public:
  void keep(size_t end, SpanKind kind) { add(end, kind, RemovalReason::kNone); }
  void add(size_t end, SpanKind kind, RemovalReason reason) {
    const size_t begin = spans_.empty() ? 0 : spans_.back().range.end;
    if (end <= begin) return;
    if (!spans_.empty() && spans_.back().kind == kind && spans_.back().reason == reason) {
      spans_.back().range.end = end;
    } else {
      spans_.push_back({{begin, end}, kind, reason});
    }
  }
  void remove(size_t end, RemovalReason reason) { add(end, SpanKind::kRemoved, reason); }
  // White space goes with whatever stands before it.
  void extend(size_t end) {
    if (spans_.empty()) return remove(end, RemovalReason::kMarkup);
    spans_.back().range.end = end;
  }
  std::vector<Span> take() { return std::move(spans_); }

 private:
  std::vector<Span> spans_;
};

// Prose within `range` that is something else.
struct Relabelling {
  ByteRange range;
  SpanKind kind = SpanKind::kOther;
  RemovalReason reason = RemovalReason::kNone;
};

// The spans with prose relabelled. Requires `relabellings` in order and apart.
std::vector<Span> relabelled(const std::vector<Span>& spans,
                             const std::vector<Relabelling>& relabellings);

}  // namespace twin
