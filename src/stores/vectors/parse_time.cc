#include <charconv>
#include <chrono>

#include "stores/vectors/payload_filter.h"

namespace twin::vectors {
namespace {

// Reads `digits` digits off the front.
std::optional<int> number(std::string_view& text, size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = 10 * value + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool skip(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// "Z", "+02:00", "-0530" or nothing, in seconds; nothing for anything else.
std::optional<int> offset(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return 0;
  const bool west = text.front() == '-';
  if (!skip(text, "+-")) return std::nullopt;
  const std::optional<int> hours = number(text, 2);
  skip(text, ":");
  const std::optional<int> minutes = text.empty() ? std::optional(0) : number(text, 2);
  if (!hours || !minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
  return (west ? -60 : 60) * (60 * *hours + *minutes);
}

}  // namespace

std::optional<double> parse_time(std::string_view text) {
  namespace c = std::chrono;
  const auto year = number(text, 4);
  if (!year || !skip(text, "-")) return std::nullopt;
  const auto month = number(text, 2);
  if (!month || !skip(text, "-")) return std::nullopt;
  const auto day = number(text, 2);
  if (!day) return std::nullopt;
  const c::year_month_day date(c::year(*year), c::month(static_cast<unsigned>(*month)),
                               c::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  const auto days = c::sys_days(date).time_since_epoch().count();
  double seconds = 86400.0 * static_cast<double>(days);
  if (text.empty()) return seconds;
  if (!skip(text, "Tt ")) return std::nullopt;
  const auto hour = number(text, 2);
  if (!hour || !skip(text, ":")) return std::nullopt;
  const auto minute = number(text, 2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  seconds += 3600 * *hour + 60 * *minute;
  if (skip(text, ":")) {
    const auto second = number(text, 2);
    if (!second || *second > 60) return std::nullopt;
    seconds += *second;
    if (skip(text, ".")) {
      double unit = 0.1;
      if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
      for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
        seconds += unit * (text.front() - '0');
        unit /= 10;
      }
    }
  }
  const std::optional<int> east = offset(text);
  if (!east) return std::nullopt;
  return seconds - *east;
}

}  // namespace twin::vectors
