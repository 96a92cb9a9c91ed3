#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "domain/byte_range.h"
#include "text/html.h"
#include "text/html_tags.h"
#include "text/page_skim.h"

namespace twin {

// An element or a piece of text. A tree is one array of them in the order in which they begin: the
// descendants of node i are the nodes i + 1 ... end - 1, and an element's first child, if any, is i
// + 1.
struct PageNode {
  std::string_view text;  // of a piece of text, its entities resolved; of an element its name
  uint32_t parent = 0;    // the root is its own
  uint32_t end = 0;
  uint32_t first_attribute = 0, attribute_count = 0;
  HtmlTag tag = HtmlTag::kOther;
  bool is_text = false;
  ByteRange source;  // of a piece of text: where it stands in the page
};

// A parsed page. What it gives lives as long as it does, and as long as `html`. Node 0 is no
// element but holds all others.
class PageTree {
 public:
  // Hostile input (libxml2 parses what PageSkim keeps).
  // Errors: kBadInput where a limit is passed.
  PageTree(std::string_view html, std::string_view where, const HtmlLimits& limits);
  PageTree(const PageTree&) = delete;
  PageTree& operator=(const PageTree&) = delete;

  const std::vector<PageNode>& nodes() const { return nodes_; }
  const PageNode& operator[](size_t node) const { return nodes_[node]; }
  // The first node that has this tag; 0 if there is none.
  uint32_t first(HtmlTag tag) const;
  // Its value, entities resolved; empty where the element has no such attribute.
  std::string_view attribute(size_t node, std::string_view name) const;
  bool has_attribute(size_t node, std::string_view name) const;
  // All text below the node, white space folded; of so many bytes and nodes, more is cut off.
  // Where a block or a line begins or ends stands `between_blocks`.
  std::string text_of(size_t node, size_t max_bytes = 4096, char between_blocks = ' ') const;
  const std::vector<std::string_view>& json_ld() const { return skim_.json_ld(); }

 private:
  friend class PageTreeBuilder;
  struct Attribute {
    std::string_view name, value;
  };
  const Attribute* find(size_t node, std::string_view name) const;

  PageSkim skim_;
  std::vector<PageNode> nodes_;
  std::vector<Attribute> attributes_;
  std::deque<std::string> strings_;  // what stands nowhere in the page as it is read
};

}  // namespace twin
