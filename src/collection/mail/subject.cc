#include "collection/mail/subject.h"

#include <algorithm>

#include "collection/mail/mail_lines.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr std::string_view kMarks[] = {
    "re",  "fwd", "fw",   "aw",     "wg",   "tr",   "rv",   "res",  "enc", "rif",
    "r",   "i",   "antw", "doorst", "sv",   "vs",   "vb",   "vl",   "odp", "pd",
    "ynt", "ilt", "ref",  "回复",   "答复", "转发", "回覆", "轉寄", "отв", "vá"};

// How many bytes of the beginning are one mark: "Re: ", "RE[2]:", "AW (3):", "Re：".
size_t mark_at(std::string_view subject) {
  const size_t colon = std::min(subject.find(':'), subject.find("："));
  if (colon == std::string_view::npos || colon > 16) return 0;
  std::string_view name = trimmed(subject.substr(0, colon));
  const size_t count = name.find_first_of("[(^");
  if (count != std::string_view::npos) name = trimmed(name.substr(0, count));
  const std::string lowered = lower(name);
  if (std::find(std::begin(kMarks), std::end(kMarks), lowered) == std::end(kMarks)) return 0;
  return colon + (subject[colon] == ':' ? 1 : std::string_view("：").size());
}

// "[list-name] ", once a reply mark stood before it or does behind.
size_t tag_at(std::string_view subject) {
  if (!subject.starts_with('[')) return 0;
  const size_t end = subject.find(']');
  return end == std::string_view::npos || end > 40 ? 0 : end + 1;
}

}  // namespace

std::string topic_of(std::string_view subject) {
  std::string_view rest = trimmed(subject);
  for (;;) {
    size_t bytes = mark_at(rest);
    if (bytes == 0) {
      const size_t tag = tag_at(rest);
      if (tag > 0 && mark_at(trimmed(rest.substr(tag))) > 0) bytes = tag;
    }
    const std::string_view next = trimmed(rest.substr(bytes));
    if (bytes == 0 || next.empty()) break;
    rest = next;
  }
  return std::string(rest);
}

}  // namespace twin
