#pragma once

#include <set>
#include <string_view>
#include <vector>

#include "domain/document.h"

namespace twin {

// What counts as the author's voice although it would not by default.
struct VoiceAllowance {
  std::set<SpanKind> kinds;         // kCode, kQuote, kCaption
  std::set<RemovalReason> reasons;  // kOtherAuthor, kCoAuthor, kPressRelease, kOtherLanguage
};

// Names with commas between: "code", "quote", "caption", "other_author", "co_author",
// "press_release", "other_language". Errors: kUsage naming the one that is not known and those that
// are.
VoiceAllowance voice_allowance(std::string_view names);

// The spans with those of `kinds` as prose.
std::vector<Span> with_kinds_as_prose(const std::vector<Span>& spans,
                                      const std::set<SpanKind>& kinds);

}  // namespace twin
