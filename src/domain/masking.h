#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/document.h"

namespace twin {

// What stands where private data was: "[e-mail]", "[telephone]", "[address]", "[secret]", "[name]".
std::string_view mask_of(PrivateKind kind);

// The bytes `range` of `text` with a mask for each masked span of private data that touches them.
// `spans` are of the text, in order and apart.
std::string masked(std::string_view text, ByteRange range, const std::vector<PrivateSpan>& spans);

// Whether a masked span of private data touches `range`.
bool touches_private(ByteRange range, const std::vector<PrivateSpan>& spans);

}  // namespace twin
