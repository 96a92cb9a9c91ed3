#pragma once

#include <string>
#include <string_view>

#include "text/article/class_words.h"
#include "text/page_tree.h"

namespace twin {

inline constexpr size_t kMaxBylineBytes = 150;

// Whether an element is a byline by its attributes: rel=author, itemprop=author, class "byline".
bool is_byline(const PageTree& tree, size_t node, ClassWordReader& classes);

// The name or names that a byline shows: its itemprop=name where it has one, else its first line
// that holds a name. Empty where none does.
std::string visible_byline(const PageTree& tree, size_t node);

// The name or names in a byline: without "By", dates and what follows them. Empty where no name is
// left.
std::string clean_byline(std::string_view text);

}  // namespace twin
