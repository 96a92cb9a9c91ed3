#pragma once

#include <vector>

#include "domain/document.h"
#include "text/markdown.h"

namespace twin {

// Which blocks of a page that was read off a site are the site's own: menus, bylines, counters,
// share buttons, cards of other articles, comments. One answer per block of `blocks`, which are
// those of document.verbatim; all false for a file that the author wrote as it is.
std::vector<bool> page_chrome(const RawDocument& document, const std::vector<Block>& blocks);

}  // namespace twin
