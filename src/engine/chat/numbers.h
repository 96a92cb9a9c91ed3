#pragma once

#include <optional>
#include <string_view>

#include "engine/chat/value.h"

namespace twin::chat {

// int(text, base) and float(text) of Python; nothing where they raise.
std::optional<int64_t> parse_integer(std::string_view text, int64_t base);
std::optional<double> parse_real(std::string_view text);
// Towards zero; nothing where it does not fit.
std::optional<int64_t> truncated(double value);
// round(value, digits) of Python. Errors: Failure for what is no number.
Value rounded(const Value& value, int64_t digits);

}  // namespace twin::chat
