#pragma once

#include <cstdint>
#include <vector>

#include "text/markdown_writer.h"
#include "text/page_tree.h"

namespace twin {

// What is in a node and below it, of all that is not left out.
struct NodeSum {
  uint32_t characters = 0;  // code points, a run of white space as one
  uint32_t linked = 0;      // of them inside <a href>
  float link_weight = 0;    // the same, links within the page at 0.3
  uint32_t commas = 0;
  uint32_t in_headings = 0, in_lists = 0;  // characters
  uint32_t paragraphs = 0, images = 0, items = 0, inputs = 0, embeds = 0;
  uint32_t textual = 0;  // elements that hold text otherwise than inline or as headings

  double link_density() const { return characters == 0 ? 0 : link_weight / characters; }
};

// The sums of all nodes of a tree, kept right while nodes are left out.
class NodeSums {
 public:
  NodeSums(const PageTree& tree, PageMask left_out);

  const NodeSum& operator[](size_t node) const { return sums_[node]; }
  const PageMask& left_out() const { return left_out_; }
  bool is_left_out(size_t node) const { return left_out_[node]; }
  // Whether the element is a paragraph: <p>, or a <div> without blocks or images in it.
  bool is_paragraph(size_t node) const { return paragraph_[node]; }
  // Leaves out a node and what is below it. Takes as many steps as it has nodes and ancestors.
  void leave_out(uint32_t node);

 private:
  const PageTree& tree_;
  PageMask left_out_;
  std::vector<bool> paragraph_;
  std::vector<NodeSum> sums_;
};

}  // namespace twin
