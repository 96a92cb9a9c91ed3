#include "domain/masking.h"

#include <algorithm>

#include "base/error.h"

namespace twin {
namespace {

// The first span that ends behind `begin`.
auto first_behind(size_t begin, const std::vector<PrivateSpan>& spans) {
  return std::partition_point(spans.begin(), spans.end(),
                              [&](const PrivateSpan& span) { return span.range.end <= begin; });
}

}  // namespace

std::string_view mask_of(PrivateKind kind) {
  switch (kind) {
    case PrivateKind::kEmail:
      return "[e-mail]";
    case PrivateKind::kTelephone:
      return "[telephone]";
    case PrivateKind::kAddress:
      return "[address]";
    case PrivateKind::kSecret:
      return "[secret]";
    case PrivateKind::kName:
      return "[name]";
  }
  throw Bug("a kind of private data without a mask");
}

std::string masked(std::string_view text, ByteRange range, const std::vector<PrivateSpan>& spans) {
  std::string result;
  size_t at = range.begin;
  for (auto span = first_behind(range.begin, spans);
       span != spans.end() && span->range.begin < range.end; ++span) {
    if (!span->masked) continue;
    if (span->range.begin > at) result += slice(text, {at, span->range.begin});
    result += mask_of(span->kind);
    at = std::min(span->range.end, range.end);
  }
  result += slice(text, {at, range.end});
  return result;
}

bool touches_private(ByteRange range, const std::vector<PrivateSpan>& spans) {
  for (auto span = first_behind(range.begin, spans);
       span != spans.end() && span->range.begin < range.end; ++span) {
    if (span->masked) return true;
  }
  return false;
}

}  // namespace twin
