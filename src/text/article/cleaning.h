#pragma once

#include <span>

#include "text/article/class_words.h"
#include "text/article/node_sums.h"

namespace twin {

struct CleaningRules {
  bool weigh_classes = true;
  bool by_shape = true;  // lists, tables and blocks that look like menus
};

// Leaves out what in the chosen nodes is no content: forms, asides, share bars, footers, and lists,
// tables and blocks that hold more links, pictures or input fields than text.
void clean_content(const PageTree& tree, std::span<const uint32_t> nodes,
                   const CleaningRules& rules, ClassWordReader& classes, NodeSums& sums);

}  // namespace twin
