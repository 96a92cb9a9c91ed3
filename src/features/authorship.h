#pragma once

#include <string>
#include <vector>

#include "domain/document.h"
#include "text/markdown.h"

namespace twin {

// Why a whole document is not the author's voice, as far as it says so itself; kNone where it does
// not. By its bylines: kOtherAuthor where they name others alone, kCoAuthor where they name the
// author and others. By what its first paragraphs say ("This is a guest post by ...", "co-written
// with ..."). A name in one word (a handle) that is not the author's says nothing.
// kPressRelease: see press_release.h. `blocks` are those of document.verbatim, `aliases` other
// names of the document's author.
RemovalReason authorship(const RawDocument& document, const std::vector<Block>& blocks,
                         const std::vector<std::string>& aliases = {});

}  // namespace twin
