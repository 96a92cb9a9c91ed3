#pragma once

#include <cstdint>
#include <vector>

#include "text/article/page_metadata.h"
#include "text/markdown_writer.h"
#include "text/page_tree.h"

namespace twin {

// The part of a page that is its content: these nodes, in order, without what the mask leaves out.
struct ArticleContent {
  std::vector<uint32_t> nodes;
  PageMask left_out;
  size_t characters = 0, linked = 0;  // and how many of them are links' text
  size_t paragraphs = 0;              // of some length
};

// Finds the content: paragraphs give points to what they stand in, the element with the most and
// its like siblings are the content, and what in it looks like chrome is left out. Where little is
// found, rules are relaxed one by one and the longest finding counts. Source of the scores: Arc90's
// Readability, in the form of github.com/mozilla/readability.
ArticleContent find_content(const PageTree& tree, const PageMetadata& metadata,
                            ClassWordReader& classes);

}  // namespace twin
