#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "text/page_tree.h"

namespace twin {

// What the class and id of an element say of it. Pages name their parts for their style sheets, and
// the names are much the same everywhere.
struct ClassWords {
  bool unlikely = false;  // a part that is no content: "sidebar", "breadcrumb", "footer"
  bool maybe = false;     // a part that may be content all the same: "article", "main"
  bool comments = false;  // what readers wrote
  bool share = false;     // a share bar
  bool chrome = false;    // newsletter boxes, related links, cookie banners, whatever is in them
  bool body = false;      // an article's text, no more and no less
  bool byline = false;    // who wrote it
  bool dateline = false;  // when
  int weight = 0;         // -50, -25, 0, 25 or 50: class and id by themselves
};

// Reads them for the nodes of one tree; equal names are looked at once.
class ClassWordReader {
 public:
  explicit ClassWordReader(const PageTree& tree) : tree_(tree) {}
  ClassWords read(size_t node);

 private:
  unsigned bits(std::string_view name);

  const PageTree& tree_;
  std::unordered_map<std::string_view, unsigned> known_;
};

}  // namespace twin
