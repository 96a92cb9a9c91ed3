#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "text/open_blocks.h"

namespace twin {

// A page without what no reader of it looks at: half of a page of today is scripts, styles,
// drawings and attributes of them, and a parser takes longest over those. What is kept is kept as
// it stands, so that a position in `bytes` is a position in the page.
//
// Dropped are comments, declarations, <script>, <style>, <svg>, <noscript>, <noembed>, <noframes>,
// <textarea>, <iframe> with their content, all attributes but those that page_skim.cc lists,
// repeated attributes, zero bytes; bytes that are not UTF-8 become U+FFFD. A <div> that is left
// open where the element around it ends is closed there.
class PageSkim {
 public:
  explicit PageSkim(std::string_view html);

  const std::string& bytes() const { return bytes_; }
  // The position in the page of the byte at `position` of bytes(), and of the byte after it.
  size_t source(size_t position) const;
  size_t source_after(size_t position) const;
  // Up to where, from `position` on, bytes() stands in the page in one piece.
  size_t piece_end(size_t position) const;
  // The bodies of the page's <script type="application/ld+json">, into `html`.
  const std::vector<std::string_view>& json_ld() const { return json_ld_; }

 private:
  // bytes_[begin...] is html_[source...]; or stands for all of html_[source, source_end).
  struct Piece {
    size_t begin, source, source_end;
  };
  const Piece* piece_of(size_t position) const;

  void keep(size_t begin, size_t end);
  void insert(std::string_view text, size_t source, size_t source_end);
  void text(size_t begin, size_t end);
  size_t tag(size_t begin);
  size_t attribute(size_t begin);
  size_t content_end(std::string_view name, size_t begin);

  std::string_view html_;
  std::string bytes_;
  std::vector<Piece> pieces_;
  std::vector<std::string_view> json_ld_;
  bool valid_ = true;                       // UTF-8 without zero bytes
  unsigned seen_attributes_ = 0;            // of the tag in hand, a bit each
  std::vector<std::string_view> unclosed_;  // elements that are known not to end any more
  std::string_view type_;                   // the tag's type attribute
  OpenBlocks open_;
};

}  // namespace twin
