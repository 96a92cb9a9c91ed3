#include "collection/web/iso_date.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <optional>

#include "text/unicode.h"

namespace twin {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};

// Source: RFC 5322, section 4.3.
struct Zone {
  std::string_view name, offset;
};
constexpr std::array<Zone, 11> kZones = {{{"ut", "Z"},
                                          {"utc", "Z"},
                                          {"gmt", "Z"},
                                          {"est", "-05:00"},
                                          {"edt", "-04:00"},
                                          {"cst", "-06:00"},
                                          {"cdt", "-05:00"},
                                          {"mst", "-07:00"},
                                          {"mdt", "-06:00"},
                                          {"pst", "-08:00"},
                                          {"pdt", "-07:00"}}};

// Reads a date from its beginning on; each call takes what it reads.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void skip_spaces() {
    while (take(' ') || take('\t') || take('\n') || take('\r')) {
    }
  }
  std::optional<int> number(size_t min_digits, size_t max_digits) {
    size_t digits = 0;
    while (digits < max_digits && digits < text_.size() && is_digit_byte(text_[digits])) ++digits;
    if (digits < min_digits) return std::nullopt;
    int value = 0;
    std::from_chars(text_.data(), text_.data() + digits, value);
    text_.remove_prefix(digits);
    return value;
  }
  std::string word() {
    size_t letters = 0;
    while (letters < text_.size() && is_letter_byte(text_[letters])) ++letters;
    std::string found = lower(text_.substr(0, letters));
    text_.remove_prefix(letters);
    return found;
  }

 private:
  static bool is_digit_byte(char c) { return c >= '0' && c <= '9'; }
  static bool is_letter_byte(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

  std::string_view text_;
};

struct Day {
  int year = 0, month = 0, day = 0;

  bool exists() const {
    return year >= 1 &&
           std::chrono::year_month_day(std::chrono::year(year),
                                       std::chrono::month(static_cast<unsigned>(month)),
                                       std::chrono::day(static_cast<unsigned>(day)))
               .ok();
  }
};

// "09:30", "09:30:15", "09:30:15.123": the time as ISO 8601 writes it, a leap second as the last.
std::optional<std::string> read_time(Cursor& cursor) {
  const auto hour = cursor.number(1, 2);
  if (!hour || !cursor.take(':')) return std::nullopt;
  const auto minute = cursor.number(2, 2);
  std::optional<int> second = 0;
  if (cursor.take(':')) second = cursor.number(2, 2);
  if (!minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  if (cursor.take('.')) {
    while (cursor.number(1, 9)) {
    }
  }
  return fmt::format("{:02}:{:02}:{:02}", *hour, *minute, std::min(*second, 59));
}

// "+0200", "+02:00", "+02", "Z", "GMT"; empty where none is given or its name says nothing.
std::optional<std::string> read_zone(Cursor& cursor) {
  for (const char sign : {'+', '-'}) {
    if (!cursor.take(sign)) continue;
    const auto hours = cursor.number(2, 2);
    if (!hours) return std::nullopt;
    cursor.take(':');
    const int minutes = cursor.number(2, 2).value_or(0);
    if (*hours > 23 || minutes > 59) return std::nullopt;
    return fmt::format("{}{:02}:{:02}", sign, *hours, minutes);
  }
  const std::string name = cursor.word();
  if (name == "z") return "Z";
  for (const Zone& zone : kZones) {
    if (name == zone.name) return std::string(zone.offset);
  }
  return "";
}

std::string with_time(const Day& day, Cursor& cursor) {
  if (!day.exists()) return {};
  const std::string date = fmt::format("{:04}-{:02}-{:02}", day.year, day.month, day.day);
  if (cursor.done()) return date;
  const std::optional<std::string> time = read_time(cursor);
  if (!time) return {};
  cursor.skip_spaces();
  const std::optional<std::string> zone = read_zone(cursor);
  return zone ? date + 'T' + *time + *zone : std::string();
}

// 2024-05-07T09:30:00Z, 2024-05-07, 2024-05, 2024.
std::string rfc3339(Cursor cursor) {
  Day day{.year = cursor.number(4, 4).value_or(0), .month = 1, .day = 1};
  if (cursor.done()) return day.exists() ? fmt::format("{:04}", day.year) : std::string();
  if (!cursor.take('-')) return {};
  day.month = cursor.number(2, 2).value_or(0);
  if (cursor.done()) {
    return day.exists() ? fmt::format("{:04}-{:02}", day.year, day.month) : std::string();
  }
  if (!cursor.take('-')) return {};
  day.day = cursor.number(2, 2).value_or(0);
  if (!cursor.done() && !cursor.take('T') && !cursor.take('t') && !cursor.take(' ')) return {};
  return with_time(day, cursor);
}

// Tue, 07 May 2024 09:30:00 GMT.
std::string rfc822(Cursor cursor) {
  if (!cursor.word().empty()) {  // the weekday
    cursor.take('.');
    cursor.take(',');
  }
  cursor.skip_spaces();
  Day day{.day = cursor.number(1, 2).value_or(0)};
  cursor.take('-');
  cursor.skip_spaces();
  const std::string month = cursor.word().substr(0, 3);
  for (size_t i = 0; i < kMonths.size(); ++i) {
    if (month == kMonths[i]) day.month = static_cast<int>(i) + 1;
  }
  cursor.take('.');
  cursor.take('-');
  cursor.skip_spaces();
  day.year = cursor.number(2, 4).value_or(0);
  if (day.year < 50) day.year += 2000;
  if (day.year < 1000) day.year += 1900;
  cursor.take(',');
  cursor.skip_spaces();
  return with_time(day, cursor);
}

}  // namespace

std::string iso_date(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  text = text.substr(begin, text.find_last_not_of(kSpaces) + 1 - begin);
  const std::string date = rfc3339(Cursor(text));
  return date.empty() ? rfc822(Cursor(text)) : date;
}

}  // namespace twin
