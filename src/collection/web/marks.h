#pragma once

#include <initializer_list>
#include <string_view>

#include "collection/web/source.h"

namespace twin {

// Whether a page's beginning holds any of the marks that a platform leaves in what it writes.
inline bool has_mark(const FetchedPage& page, std::initializer_list<std::string_view> marks) {
  const std::string_view beginning = std::string_view(page.text).substr(0, size_t{256} << 10);
  for (const std::string_view mark : marks) {
    if (beginning.find(mark) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace twin
