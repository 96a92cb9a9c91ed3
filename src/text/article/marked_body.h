#pragma once

#include <string_view>
#include <vector>

#include "text/article/class_words.h"
#include "text/article/node_sums.h"

namespace twin {

// Many pages say outright which element holds their article's text: itemprop=articleBody, or a
// class that themes and newspapers use for it ("entry-content", "story-body"). Where what they name
// is most of the chosen content, the rest is narrowed to it: nothing behind it is kept, and before
// it and between its parts only pictures and paragraphs of some length, such as a lead.
void narrow_to_marked_body(const PageTree& tree, const std::vector<uint32_t>& nodes,
                           ClassWordReader& classes, NodeSums& sums);

// The lowest element that holds nearly all paragraphs which are in `body`, the article's plain text
// as JSON-LD repeats it; 0 where there are few.
uint32_t element_of_body(const PageTree& tree, std::string_view body, const NodeSums& sums);

}  // namespace twin
