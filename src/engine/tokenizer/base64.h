#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace twin {

// RFC 4648, section 4, with padding. Nothing where it is not that.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);

}  // namespace twin
