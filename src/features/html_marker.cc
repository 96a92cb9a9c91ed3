#include "features/html_marker.h"

#include <algorithm>

#include "text/html_tags.h"

namespace twin {
namespace {

// Elements whose text is not prose. Only quotations nest.
struct Element {
  std::string_view name, closer;
  SpanKind kind;
};
constexpr std::array<Element, 8> kElements = {{{"script", "</script", SpanKind::kRemoved},
                                               {"style", "</style", SpanKind::kRemoved},
                                               {"svg", "</svg", SpanKind::kRemoved},
                                               {"figcaption", "</figcaption", SpanKind::kCaption},
                                               {"caption", "</caption", SpanKind::kCaption},
                                               {"pre", "</pre", SpanKind::kCode},
                                               {"code", "</code", SpanKind::kCode},
                                               {"blockquote", "</blockquote", SpanKind::kQuote}}};

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_ascii_letter(char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }
bool is_name_character(char c) { return is_ascii_letter(c) || (c >= '0' && c <= '9') || c == '-'; }
bool ends_name(char c) {
  return c == '>' || c == '/' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// The name of the tag whose '<' is at `at`; empty if there is none.
std::string_view tag_name(std::string_view text, size_t at) {
  size_t begin = at + 1;
  if (begin < text.size() && text[begin] == '/') ++begin;
  size_t end = begin;
  if (end < text.size() && is_ascii_letter(text[end])) {
    while (end < text.size() && is_name_character(text[end])) ++end;
  }
  if (end == text.size() || !ends_name(text[end])) return {};
  return text.substr(begin, end - begin);
}

}  // namespace

HtmlMarker::HtmlMarker(std::string_view text, SpanList& spans)
    : text_(text), lowered_(text), spans_(spans) {
  std::transform(lowered_.begin(), lowered_.end(), lowered_.begin(), ascii_lower);
}

void HtmlMarker::mark(ByteRange range, SpanKind kind) {
  inside(range.begin);  // forgets what is never closed
  bool begun = false;
  for (size_t at = range.begin; at < range.end;) {
    const size_t open = find_tag(at, range.end);
    const SpanKind found = kind_within(kind);
    const bool blank = text_.substr(at, open - at).find_first_not_of(" \t\r\n") == text_.npos;
    if (found == SpanKind::kRemoved) {
      spans_.remove(open, RemovalReason::kHtml);
    } else if (blank && !begun && found == kind) {
      spans_.extend(open);  // white space between tags before any text
    } else {
      spans_.keep(open, found);
      begun = true;
    }
    if (open == range.end) return;
    at = tag_end(open, range.end);
    note_tag(std::string_view(lowered_).substr(open, at - open), at);
    spans_.remove(at, RemovalReason::kHtml);
  }
}

bool HtmlMarker::inside(size_t at) {
  bool any = false;
  for (size_t i = 0; i < kElements.size(); ++i) {
    if (depth_[i] > 0 && after(kElements[i].closer, at, text_.size()) == at) depth_[i] = 0;
    any |= depth_[i] > 0;
  }
  return any;
}

SpanKind HtmlMarker::kind_within(SpanKind outside) const {
  for (size_t i = 0; i < kElements.size(); ++i) {
    if (depth_[i] > 0) return kElements[i].kind;
  }
  return outside;
}

// Where the next tag or comment opens in [at, end); `end` if none does. Code between backticks and
// escaped characters are text.
size_t HtmlMarker::find_tag(size_t at, size_t end) {
  const SpanKind kind = kind_within(SpanKind::kProse);
  const bool markdown = kind != SpanKind::kRemoved && kind != SpanKind::kCode;
  for (size_t i = at; i < end; ++i) {
    const bool may_open = kind != SpanKind::kRemoved || text_.substr(i, 2) == "</";
    if (text_[i] == '<' && may_open && tag_end(i, end) > i) return i;
    if (markdown && text_[i] == '`') i = code_span_end(i, end) - 1;
    if (markdown && text_[i] == '\\') ++i;
  }
  return end;
}

// One past the code span that the backticks at `at` open, or past the backticks themselves.
size_t HtmlMarker::code_span_end(size_t at, size_t end) const {
  const auto run_end = [&](size_t i) {
    while (i < end && text_[i] == '`') ++i;
    return i;
  };
  const size_t open_end = run_end(at);
  for (size_t i = text_.find('`', open_end); i < end;) {
    const size_t close_end = run_end(i);
    if (close_end - i == open_end - at) return close_end;
    i = text_.find('`', close_end);
  }
  return open_end;
}

// One past the tag, comment, instruction or declaration at `at`, or `at` itself if none is there.
size_t HtmlMarker::tag_end(size_t at, size_t end) {
  const std::string_view text = text_.substr(0, end);
  const std::string_view rest = text.substr(at, 9);
  if (rest.starts_with("<!--")) return after("-->", at, end);
  if (rest.starts_with("<?")) return after("?>", at, end);
  if (rest.starts_with("<![CDATA[")) return after("]]>", at, end);
  if (rest.size() > 2 && rest[1] == '!' && is_ascii_letter(rest[2])) return after(">", at, end);
  const std::string_view name = tag_name(text, at);
  if (name.empty() || !is_html_element(name)) return at;
  for (size_t i = text.find_first_of("<>\"'", at + 1); i < end;
       i = text.find_first_of("<>\"'", i + 1)) {
    if (text[i] == '>') return i + 1;
    if (text[i] == '<') return at;
    i = text.find(text[i], i + 1);  // the end of a quoted value
    if (i == std::string_view::npos) return at;
  }
  return at;
}

// One past the next `closer` that begins in [at, end), or `at` if there is none.
size_t HtmlMarker::after(std::string_view closer, size_t at, size_t end) {
  const auto [found, is_new] = closers_.emplace(closer, 0);
  if (is_new || found->second < at) found->second = lowered_.find(closer, at);
  const bool fits = found->second < end && found->second + closer.size() <= end;
  return fits ? found->second + closer.size() : at;
}

// `tag` is lower case and ends at `end`.
void HtmlMarker::note_tag(std::string_view tag, size_t end) {
  const std::string_view name = tag_name(tag, 0);
  const bool closes = tag.starts_with("</");
  if (!closes && kind_within(SpanKind::kProse) == SpanKind::kRemoved) return;
  for (size_t i = 0; i < kElements.size(); ++i) {
    if (kElements[i].name != name) continue;
    if (closes) {
      depth_[i] -= depth_[i] > 0;
    } else if (!tag.ends_with("/>") && after(kElements[i].closer, end, text_.size()) > end) {
      depth_[i] = kElements[i].kind == SpanKind::kQuote ? depth_[i] + 1 : 1;
    }
  }
}

}  // namespace twin
