#pragma once

#include <cstddef>
#include <vector>

#include "text/html_tags.h"

namespace twin {

// Follows which blocks of a page are open, to say which <div> an end tag closes that nobody closed:
// by HTML the end of a <nav> or a <section> ends all that is open in it, but libxml2 lets no end
// tag but a table's pass an open <div>, so that one </div> too few leaves the rest of a page in its
// menu. Source: HTML Living Standard, 13.2.6.4.7, "an end tag whose tag name is one of",
// and 13.2.4.2, "in scope". Takes constant time for a tag, whatever comes.
class OpenBlocks {
 public:
  void start(HtmlTag tag);
  // How many <div>s are open in the element that the end tag ends; 0 where it ends none.
  size_t end(HtmlTag tag);

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);
  struct Block {
    HtmlTag tag;
    size_t outer_of_tag;    // the next one outwards of the same tag
    size_t outer_boundary;  // the innermost boundary around it
  };

  std::vector<Block> open_;  // outermost first
  std::vector<size_t> last_ = std::vector<size_t>(static_cast<size_t>(HtmlTag::kOther) + 1, kNone);
  size_t boundary_ = kNone;  // the innermost
};

}  // namespace twin
