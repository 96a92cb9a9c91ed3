#include "features/voice_allowance.h"

#include <fmt/format.h>

#include "base/error.h"
#include "features/span_list.h"
#include "text/paragraphs.h"

namespace twin {
namespace {

constexpr SpanKind kKinds[] = {SpanKind::kCode, SpanKind::kQuote, SpanKind::kCaption};
constexpr RemovalReason kReasons[] = {RemovalReason::kOtherAuthor, RemovalReason::kCoAuthor,
                                      RemovalReason::kPressRelease, RemovalReason::kOtherLanguage};

}  // namespace

VoiceAllowance voice_allowance(std::string_view names) {
  VoiceAllowance allowance;
  while (!names.empty()) {
    const size_t end = std::min(names.find(','), names.size());
    const std::string_view name = slice(names, trim(names, {0, end}));
    names.remove_prefix(std::min(end + 1, names.size()));
    bool known = name.empty();
    for (const SpanKind kind : kKinds) {
      if (name_of(kind) != name) continue;
      allowance.kinds.insert(kind);
      known = true;
    }
    for (const RemovalReason reason : kReasons) {
      if (name_of(reason) != name) continue;
      allowance.reasons.insert(reason);
      known = true;
    }
    if (!known) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("setting voice.allow has '{}'; there are code, quote, caption, "
                              "other_author, co_author, press_release and other_language",
                              name));
    }
  }
  return allowance;
}

std::vector<Span> with_kinds_as_prose(const std::vector<Span>& spans,
                                      const std::set<SpanKind>& kinds) {
  SpanList result;
  for (const Span& span : spans) {
    result.add(span.range.end, kinds.contains(span.kind) ? SpanKind::kProse : span.kind,
               span.reason);
  }
  return result.take();
}

}  // namespace twin
