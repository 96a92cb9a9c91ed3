#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "features/span_list.h"

namespace twin {

// HTML inside Markdown: tags and comments are removed, what stands between them stays. What counts
// as a tag is CommonMark's raw HTML (section 6.6), but for names that HTML does not know:
// "List<Item>" and "<your name>" are the author's words. Text within <pre>, <code>, <blockquote>,
// <figcaption> and <caption> is marked as such, also across blocks; <script>, <style> and <svg> are
// removed with their content. An element that is never closed changes nothing.
//
// The text and the list outlive the marker.
class HtmlMarker {
 public:
  HtmlMarker(std::string_view text, SpanList& spans);

  // Marks the next stretch, [range.begin, range.end); `kind` is what text outside of any such
  // element is.
  void mark(ByteRange range, SpanKind kind);
  // Whether an element opened before `at` closes behind it.
  bool inside(size_t at);

 private:
  SpanKind kind_within(SpanKind outside) const;
  size_t find_tag(size_t at, size_t end);
  size_t code_span_end(size_t at, size_t end) const;
  size_t tag_end(size_t at, size_t end);
  size_t after(std::string_view closer, size_t at, size_t end);
  void note_tag(std::string_view tag, size_t end);

  std::string_view text_;
  std::string lowered_;  // ASCII alone, so that offsets stay
  SpanList& spans_;
  std::array<size_t, 8> depth_{};  // of each element that matters
  // Where a closing mark was found last, so that no text is searched twice: npos if none follows.
  std::map<std::string_view, size_t> closers_;
};

}  // namespace twin
