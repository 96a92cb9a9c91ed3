#pragma once

#include <span>
#include <vector>

#include "text/page_tree.h"
#include "text/traced_text.h"

namespace twin {

// Which nodes of a tree are left out with all below them: one entry a node, true for left out.
using PageMask = std::vector<bool>;

// What holds no writing of the page's author, whatever the page: scripts, forms, menus and what a
// browser does not show.
bool is_no_writing(const PageTree& tree, size_t node);
// Whether a browser does not show the element: hidden, aria-hidden, display: none.
bool is_hidden(const PageTree& tree, size_t node);

struct MarkdownWriting {
  size_t max_depth = 512;  // elements nested deeper are read as their text
  bool plain = false;      // words alone: no marks, links or images
};

// Writes nodes of a tree as Markdown, in their order, without those that the mask leaves out:
// inline text has its white space folded, blocks are separated by one blank line. A figure's
// caption is written in emphasis on the line below its image, in one paragraph with it
// ("![alt](image)  \n *caption*"); where there is no image an empty one stands for it ("![]()").
TracedText write_markdown(const PageTree& tree, std::span<const uint32_t> nodes,
                          const PageMask& left_out, const MarkdownWriting& writing);

}  // namespace twin
