#include "features/span_list.h"

#include <algorithm>

namespace twin {

std::vector<Span> relabelled(const std::vector<Span>& spans,
                             const std::vector<Relabelling>& relabellings) {
  SpanList result;
  auto next = relabellings.begin();
  for (const Span& span : spans) {
    if (span.kind != SpanKind::kProse) {
      result.add(span.range.end, span.kind, span.reason);
      continue;
    }
    while (next != relabellings.end() && next->range.end <= span.range.begin) ++next;
    auto inside = next;
    for (; inside != relabellings.end() && inside->range.begin < span.range.end; ++inside) {
      result.keep(std::max(inside->range.begin, span.range.begin), SpanKind::kProse);
      result.add(std::min(inside->range.end, span.range.end), inside->kind, inside->reason);
    }
    result.keep(span.range.end, SpanKind::kProse);
  }
  return result.take();
}

}  // namespace twin
