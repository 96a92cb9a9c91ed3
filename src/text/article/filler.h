#pragma once

#include <string_view>

namespace twin {

// Whether a short paragraph or heading is none of its author's: "Advertisement", "Continue reading
// the main story", "Share this article", "Read more: ...". `linked` is whether most of it is a
// link.
bool is_filler(std::string_view text, bool linked);

// Longer texts are never filler.
inline constexpr size_t kMaxFillerCharacters = 160;

}  // namespace twin
