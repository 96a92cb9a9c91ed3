#include "text/page_skim.h"

#include <algorithm>

#include "text/unicode.h"

namespace twin {
namespace {

constexpr std::string_view kKeptAttributes[] = {
    "alt",      "aria-hidden", "aria-modal", "class",    "content",   "data-original",
    "data-src", "data-testid", "datetime",   "dir",      "epub:type", "hidden",
    "href",     "http-equiv",  "id",         "itemprop", "itemtype",  "lang",
    "name",     "property",    "rel",        "role",     "src",       "start",
    "style",    "title",       "type",       "xml:lang"};
static_assert(std::size(kKeptAttributes) <= 32);

constexpr size_t kVerbatim = std::string::npos;

// Elements whose content is no text of the page.
constexpr std::string_view kDroppedElements[] = {"script",  "style",    "svg",      "noscript",
                                                 "noembed", "noframes", "textarea", "iframe"};

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }
char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_letter(char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }

// Whether `text` has `name`, given in lower case, at `at`.
bool has_name(std::string_view text, size_t at, std::string_view name) {
  if (at > text.size() || text.size() - at < name.size()) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    if (ascii_lower(text[at + i]) != name[i]) return false;
  }
  return true;
}

bool equals(std::string_view text, std::string_view name) {
  return text.size() == name.size() && has_name(text, 0, name);
}

// The element of that name, in any case.
HtmlTag tag_of(std::string_view name) {
  constexpr size_t kLongestName = 16;
  char lower[kLongestName];
  if (name.size() > kLongestName) return HtmlTag::kOther;
  std::transform(name.begin(), name.end(), lower, ascii_lower);
  return html_tag({lower, name.size()});
}

std::string_view unquoted(std::string_view value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'')) {
    return value.substr(1, value.size() - 2);
  }
  return value;
}

size_t find_or_end(std::string_view text, std::string_view what, size_t from) {
  const size_t at = text.find(what, from);
  return at == std::string_view::npos ? text.size() : at + what.size();
}

}  // namespace

PageSkim::PageSkim(std::string_view html)
    : html_(html), valid_(html.find('\0') == std::string_view::npos && is_valid_utf8(html)) {
  bytes_.reserve(html.size() / 2 + 64);
  size_t at = html_.starts_with("\xef\xbb\xbf") ? 3 : 0;
  while (at < html_.size()) {
    const size_t open = std::min(html_.find('<', at), html_.size());
    text(at, open);
    if (open == html_.size()) break;
    const char next = open + 1 < html_.size() ? html_[open + 1] : '\0';
    if (is_letter(next)) {
      at = tag(open);
    } else if (next == '/' && open + 2 < html_.size() && is_letter(html_[open + 2])) {
      at = find_or_end(html_, ">", open);
      size_t end = open + 2;
      while (end < at && !is_space(html_[end]) && html_[end] != '/' && html_[end] != '>') ++end;
      for (size_t divs = open_.end(tag_of(html_.substr(open + 2, end - open - 2))); divs > 0;
           --divs) {
        insert("</div>", open, open);
      }
      keep(open, end);
      insert(">", end, std::min(end + 1, html_.size()));
    } else if (next == '!' || next == '?' || next == '/') {
      const bool comment = has_name(html_, open + 1, "!--");
      if (!comment) {
        at = find_or_end(html_, ">", open);
      } else if (has_name(html_, open + 4, ">")) {
        at = open + 5;
      } else {
        at = find_or_end(html_, "-->", open + 2);
      }
    } else {
      insert("&lt;", open, open + 1);
      at = open + 1;
    }
  }
}

// The piece that holds a position; null before the first.
const PageSkim::Piece* PageSkim::piece_of(size_t position) const {
  const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), position,
                                      [](size_t p, const Piece& piece) { return p < piece.begin; });
  return after == pieces_.begin() ? nullptr : &*std::prev(after);
}

size_t PageSkim::source(size_t position) const {
  const Piece* piece = piece_of(position);
  if (piece == nullptr) return 0;
  if (piece->source_end != kVerbatim) return piece->source;
  return std::min(piece->source + (position - piece->begin), html_.size());
}

size_t PageSkim::source_after(size_t position) const {
  const Piece* piece = piece_of(position);
  if (piece != nullptr && piece->source_end != kVerbatim) return piece->source_end;
  return std::min(source(position) + 1, html_.size());
}

size_t PageSkim::piece_end(size_t position) const {
  const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), position,
                                      [](size_t p, const Piece& piece) { return p < piece.begin; });
  return after == pieces_.end() ? bytes_.size() : after->begin;
}

void PageSkim::keep(size_t begin, size_t end) {
  if (begin >= end) return;
  const bool goes_on = !pieces_.empty() && pieces_.back().source_end == kVerbatim &&
                       pieces_.back().source + (bytes_.size() - pieces_.back().begin) == begin;
  if (!goes_on) pieces_.push_back({bytes_.size(), begin, kVerbatim});
  bytes_.append(html_, begin, end - begin);
}

// Writes `text` for html_[source, source_end).
void PageSkim::insert(std::string_view text, size_t source, size_t source_end) {
  if (html_.substr(source, source_end - source) == text) return keep(source, source_end);
  pieces_.push_back({bytes_.size(), source, source_end});
  bytes_.append(text);
}

void PageSkim::text(size_t begin, size_t end) {
  if (valid_) return keep(begin, end);
  for (size_t at = begin; at < end;) {
    const CodePoint c = code_point_at(html_, at);
    const size_t next = at + c.bytes;
    if (c.value == 0xfffd && c.bytes == 1) {
      keep(begin, at);
      insert("\xef\xbf\xbd", at, next);
      begin = next;
    } else if (c.value == 0) {
      keep(begin, at);
      begin = next;
    }
    at = next;
  }
  keep(begin, end);
}

// Reads the start tag at `begin`, and the content where it is dropped; the position after it.
size_t PageSkim::tag(size_t begin) {
  size_t at = begin + 1;
  while (at < html_.size() && !is_space(html_[at]) && html_[at] != '/' && html_[at] != '>') ++at;
  const std::string_view name = html_.substr(begin + 1, at - begin - 1);
  const auto* dropped = std::find_if(std::begin(kDroppedElements), std::end(kDroppedElements),
                                     [&](std::string_view d) { return equals(name, d); });
  const size_t kept = bytes_.size(), kept_pieces = pieces_.size();
  text(begin, at);
  seen_attributes_ = 0;
  type_ = {};
  bool closed = false;  // <br/>
  while (at < html_.size() && html_[at] != '>') {
    closed = html_[at] == '/';
    at = is_space(html_[at]) || closed ? at + 1 : attribute(at);
  }
  const size_t end = std::min(at + 1, html_.size());
  if (dropped == std::end(kDroppedElements)) {
    const size_t close = std::min(closed && at > 0 ? at - 1 : at, end);
    insert(closed ? "/>" : ">", close, end);
    if (!closed) open_.start(tag_of(name));
    return end;
  }
  bytes_.resize(kept);
  pieces_.resize(kept_pieces);
  if (html_.substr(end, 2) == "</") return end;
  if (closed && *dropped == "svg") return end;
  const size_t content = content_end(*dropped, end);
  if (*dropped == "script" && equals(unquoted(type_), "application/ld+json")) {
    json_ld_.push_back(html_.substr(end, content - end));
  }
  return content == end ? end : find_or_end(html_, ">", content);
}

// Reads the attribute at `begin`; the position after it.
size_t PageSkim::attribute(size_t begin) {
  size_t at = begin + (html_[begin] == '=');
  while (at < html_.size() && !is_space(html_[at]) && html_[at] != '/' && html_[at] != '>' &&
         html_[at] != '=') {
    ++at;
  }
  const std::string_view name = html_.substr(begin, at - begin);
  size_t value = at;
  while (value < html_.size() && is_space(html_[value])) ++value;
  size_t end = at;
  if (value < html_.size() && html_[value] == '=') {
    ++value;
    while (value < html_.size() && is_space(html_[value])) ++value;
    if (value < html_.size() && (html_[value] == '"' || html_[value] == '\'')) {
      end = find_or_end(html_, html_.substr(value, 1), value + 1);
    } else {
      end = value;
      while (end < html_.size() && !is_space(html_[end]) && html_[end] != '>') ++end;
    }
    if (equals(name, "type")) type_ = html_.substr(value, end - value);
  }
  for (size_t i = 0; i < std::size(kKeptAttributes); ++i) {
    if (!equals(name, kKeptAttributes[i])) continue;
    if ((seen_attributes_ >> i & 1U) == 0) {
      insert(" ", begin - 1, begin);
      text(begin, end);
    }
    seen_attributes_ |= 1U << i;
    break;
  }
  return end;
}

// Where the content of the dropped element ends, its end tag left to be read; `begin` where it
// never does, but for scripts and styles, which then go on to the end of the page.
size_t PageSkim::content_end(std::string_view name, size_t begin) {
  const bool to_the_end = name == "script" || name == "style";
  if (std::find(unclosed_.begin(), unclosed_.end(), name) != unclosed_.end()) return begin;
  for (size_t at = begin; (at = html_.find("</", at)) != std::string_view::npos; at += 2) {
    if (has_name(html_, at + 2, name)) return at;
  }
  if (to_the_end) return html_.size();
  unclosed_.push_back(name);
  return begin;
}

}  // namespace twin
