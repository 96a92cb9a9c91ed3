#pragma once

#include <string_view>
#include <vector>

#include "text/markdown.h"

namespace twin {

// Which blocks are captions: a short paragraph directly below images alone that is emphasised as a
// whole or begins as captions do ("Figure 1", "Photo by", "Source:"), and such a beginning with a
// number ("Table 2:") directly above or below a table. One answer per block of `blocks`, which are
// those of `text`.
std::vector<bool> captions(std::string_view text, const std::vector<Block>& blocks);

// A paragraph of images alone.
bool is_only_images(std::string_view text);

}  // namespace twin
