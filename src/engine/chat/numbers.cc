#include "engine/chat/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/chat/text_operations.h"

namespace twin::chat {
namespace {

// Without spaces around it and underscores between digits; nothing where an underscore is
// misplaced.
std::optional<std::string> plain(std::string_view text) {
  const std::string stripped = strip(TrackedText(text), nullptr, true, true).bytes();
  const auto is_digit = [&](size_t i) {
    return i < stripped.size() && std::isalnum(static_cast<unsigned char>(stripped[i]));
  };
  std::string digits;
  for (size_t i = 0; i < stripped.size(); ++i) {
    if (stripped[i] != '_') {
      digits.push_back(stripped[i]);
    } else if (i == 0 || !is_digit(i - 1) || !is_digit(i + 1)) {
      return std::nullopt;
    }
  }
  return digits;
}

}  // namespace

std::optional<int64_t> parse_integer(std::string_view text, int64_t base) {
  if (base != 0 && (base < 2 || base > 36)) return std::nullopt;
  const auto read = plain(text);
  if (!read) return std::nullopt;
  std::string_view digits = *read;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.size() > 2 && digits[0] == '0') {
    const char letter = static_cast<char>(digits[1] | 0x20);
    const int64_t named = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
    if (named != 0 && (base == named || base == 0)) {
      digits.remove_prefix(2);
      base = named;
    }
  }
  if (base == 0) {
    if (digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of('0') != digits.npos) {
      return std::nullopt;
    }
    base = 10;
  }
  if (digits.empty() || digits[0] == '-' || digits[0] == '+') return std::nullopt;
  const std::string signed_digits = (negative ? "-" : "") + std::string(digits);
  int64_t value = 0;
  const char* end = signed_digits.data() + signed_digits.size();
  const auto result = std::from_chars(signed_digits.data(), end, value, static_cast<int>(base));
  if (result.ptr != end || result.ec == std::errc::invalid_argument) return std::nullopt;
  if (result.ec != std::errc()) throw Failure("an integer beyond 64 bits");
  return value;
}

std::optional<double> parse_real(std::string_view text) {
  const auto read = plain(text);
  if (!read) return std::nullopt;
  std::string_view digits = *read;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.empty() || digits[0] == '-' || digits[0] == '+') return std::nullopt;
  const bool named = !(digits[0] >= '0' && digits[0] <= '9') && digits[0] != '.';
  std::string lower(digits);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  if (named && lower != "inf" && lower != "infinity" && lower != "nan") return std::nullopt;
  double value = 0;
  const char* end = lower.data() + lower.size();
  const auto result = std::from_chars(lower.data(), end, value);
  if (result.ptr != end || result.ec == std::errc::invalid_argument) return std::nullopt;
  if (result.ec == std::errc::result_out_of_range) {
    // Too large or too small: strtod says which.
    value = std::strtod(lower.c_str(), nullptr);
  }
  return negative ? -value : value;
}

std::optional<int64_t> truncated(double value) {
  const double whole = std::trunc(value);
  if (!(whole >= -9223372036854775808.0 && whole < 9223372036854775808.0)) return std::nullopt;
  return static_cast<int64_t>(whole);
}

Value rounded(const Value& value, int64_t digits) {
  require_defined(value);
  if (!value.is_number()) {
    throw Failure(fmt::format("type {} doesn't define __round__ method", type_name(value)));
  }
  if (value.is_integral()) {
    if (digits >= 0) return value.integral();
    if (digits < -18) return int64_t{0};
    int64_t unit = 1;
    for (int64_t i = digits; i < 0; ++i) unit *= 10;
    // Half to even.
    int64_t remainder = value.integral() % unit;
    if (remainder < 0) remainder += unit;
    int64_t below = 0;
    if (__builtin_sub_overflow(value.integral(), remainder, &below)) {
      throw Failure("an integer beyond 64 bits");
    }
    const bool odd = below / unit % 2 != 0;
    const bool up = remainder > unit - remainder || (remainder == unit - remainder && odd);
    int64_t result = below;
    if (up && __builtin_add_overflow(below, unit, &result)) {
      throw Failure("an integer beyond 64 bits");
    }
    return result;
  }
  const double number = value.number();
  if (!std::isfinite(number) || digits > 323) return number;
  if (digits < -308) return std::copysign(0.0, number);
  if (digits >= 0) {
    // The exact decimal expansion, cut correctly, as Python does it.
    return std::strtod(fmt::format("{:.{}f}", number, digits).c_str(), nullptr);
  }
  const double unit = std::pow(10.0, static_cast<double>(-digits));
  const double result = std::nearbyint(number / unit) * unit;
  if (std::isinf(result)) throw Failure("rounded value too large to represent");
  return result;
}

}  // namespace twin::chat
