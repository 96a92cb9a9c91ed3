#pragma once

#include <vector>

#include "domain/document.h"
#include "text/markdown.h"

namespace twin {

// Which blocks of a page that was read off a site are not the article: kNavigation what is the
// site's own (menus, bylines, counters, share buttons, cards of other articles), kComment what
// stands in the readers' discussion below it. One answer per block of `blocks`, which are those of
// document.verbatim; all kNone for a file that the author wrote as it is.
std::vector<RemovalReason> page_chrome(const RawDocument& document,
                                       const std::vector<Block>& blocks);

}  // namespace twin
