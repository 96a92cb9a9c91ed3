#pragma once

#include <vector>

#include "domain/document.h"
#include "text/markdown.h"

namespace twin {

// Whether a document is a press release: "FOR IMMEDIATE RELEASE" or its like at the top, or two of
// its other marks (title or tag, a wire's dateline, a press contact, "About COMPANY" and an end
// mark). Nobody's own voice, even where the author wrote it. `blocks` are those of the document.
bool is_press_release(const RawDocument& document, const std::vector<Block>& blocks);

}  // namespace twin
