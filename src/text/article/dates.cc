#include "text/article/dates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "text/unicode.h"

namespace twin {
namespace {

// The beginnings of the months' names: English, German, French, Spanish, Italian, Portuguese,
// Dutch, Swedish, Danish, Polish, Czech, Russian, Turkish, Indonesian.
struct MonthName {
  std::string_view beginning;
  int month;
};
constexpr MonthName kMonths[] = {
    {"januar", 1}, {"jan", 1},   {"janv", 1},    {"ene", 1},   {"enero", 1}, {"gen", 1},
    {"stycz", 1},  {"led", 1},   {"янв", 1},     {"oca", 1},   {"feb", 2},   {"fév", 2},
    {"fev", 2},    {"lut", 2},   {"únor", 2},    {"фев", 2},   {"şub", 2},   {"mar", 3},
    {"mär", 3},    {"mrz", 3},   {"maart", 3},   {"mrt", 3},   {"břez", 3},  {"мар", 3},
    {"apr", 4},    {"avr", 4},   {"abr", 4},     {"kwie", 4},  {"dub", 4},   {"апр", 4},
    {"nis", 4},    {"may", 5},   {"mai", 5},     {"mag", 5},   {"mei", 5},   {"maj", 5},
    {"květ", 5},   {"мая", 5},   {"май", 5},     {"jun", 6},   {"juin", 6},  {"giu", 6},
    {"czerw", 6},  {"červn", 6}, {"июн", 6},     {"haz", 6},   {"jul", 7},   {"juil", 7},
    {"lug", 7},    {"lip", 7},   {"červenc", 7}, {"июл", 7},   {"tem", 7},   {"aug", 8},
    {"août", 8},   {"aou", 8},   {"ago", 8},     {"sierp", 8}, {"srp", 8},   {"авг", 8},
    {"ağu", 8},    {"agu", 8},   {"sep", 9},     {"set", 9},   {"wrze", 9},  {"zář", 9},
    {"сен", 9},    {"eyl", 9},   {"oct", 10},    {"okt", 10},  {"out", 10},  {"ott", 10},
    {"paźdz", 10}, {"říj", 10},  {"окт", 10},    {"eki", 10},  {"nov", 11},  {"listopad", 11},
    {"ноя", 11},   {"kas", 11},  {"dec", 12},    {"déc", 12},  {"dez", 12},  {"dic", 12},
    {"dici", 12},  {"grud", 12}, {"prosin", 12}, {"дек", 12},  {"ara", 12},  {"des", 12}};
constexpr size_t kLongestMonth = 24;  // bytes

int month_of(std::string_view word) {
  if (word.size() > kLongestMonth || word.size() < 3) return 0;
  const std::string lowered = lower(word);
  for (const MonthName& name : kMonths) {
    if (lowered.starts_with(name.beginning)) return name.month;
  }
  return 0;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_day(int year, int month, int day) {
  constexpr std::array<int, 12> kDays = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return year >= 1900 && year <= 2099 && month >= 1 && month <= 12 && day >= 1 &&
         day <= kDays[static_cast<size_t>(month - 1)];
}

std::string day_text(int year, int month, int day) {
  return is_day(year, month, day) ? fmt::format("{:04}-{:02}-{:02}", year, month, day) : "";
}

struct Number {
  int value = 0;
  size_t digits = 0;
};
Number number_at(std::string_view text, size_t at) {
  Number number;
  while (at < text.size() && is_digit(text[at]) && number.digits < 9) {
    number.value = number.value * 10 + (text[at++] - '0');
    ++number.digits;
  }
  if (at < text.size() && is_digit(text[at])) number.digits = 0;  // too long to be of a date
  return number;
}

// "T05:36:09.123+0100" as "T05:36:09+01:00"; empty where no time follows.
std::string time_text(std::string_view text) {
  if (text.empty() || (text[0] != 'T' && text[0] != ' ' && text[0] != 't')) return {};
  size_t at = 1;
  const Number hour = number_at(text, at);
  if (hour.digits != 2 || hour.value > 23 || text.substr(3, 1) != ":") return {};
  const Number minute = number_at(text, 4);
  if (minute.digits != 2 || minute.value > 59) return {};
  std::string time = fmt::format("T{:02}:{:02}", hour.value, minute.value);
  at = 6;
  if (text.substr(at, 1) == ":") {
    const Number second = number_at(text, at + 1);
    if (second.digits != 2 || second.value > 60) return time;
    time += fmt::format(":{:02}", second.value);
    at += 3;
    if (text.substr(at, 1) == "." || text.substr(at, 1) == ",") {
      ++at;
      while (at < text.size() && is_digit(text[at])) ++at;
    }
  } else {
    time += ":00";
  }
  if (text.substr(at, 1) == " ") ++at;
  const std::string_view zone = text.substr(at);
  if (zone.starts_with('Z') || zone.starts_with('z') || zone.starts_with("UTC") ||
      zone.starts_with("GMT")) {
    return time + 'Z';
  }
  if (zone.starts_with('+') || zone.starts_with('-')) {
    Number hours = number_at(zone, 1);
    int minutes = 0;
    if (hours.digits == 4) {
      minutes = hours.value % 100;
      hours.value /= 100;
    } else if (hours.digits == 2 && zone.substr(3, 1) == ":") {
      minutes = number_at(zone, 4).value;
    } else if (hours.digits != 2) {
      return time;
    }
    if (hours.value <= 14 && minutes < 60) {
      time += fmt::format("{}{:02}:{:02}", zone[0], hours.value, minutes);
    }
  }
  return time;
}

size_t skip(std::string_view text, size_t at, std::string_view any) {
  while (at < text.size() && any.find(text[at]) != std::string_view::npos) ++at;
  return at;
}

size_t word_end(std::string_view text, size_t at) {
  while (at < text.size()) {
    const CodePoint c = code_point_at(text, at);
    if (!is_letter(c.value)) break;
    at += c.bytes;
  }
  return at;
}

// The date that begins with the number at `at`.
std::string date_from_number(std::string_view text, size_t at) {
  const Number first = number_at(text, at);
  if (first.digits == 0) return {};
  const size_t after = at + first.digits;
  const std::string_view rest = text.substr(after);
  if (first.digits == 8) {
    return day_text(first.value / 10000, first.value / 100 % 100, first.value % 100);
  }
  if (first.digits == 4) {
    for (const std::string_view mark : {"-", "/", ".", "年"}) {
      if (!rest.starts_with(mark)) continue;
      const size_t month_at = skip(text, after + mark.size(), " ");
      const Number month = number_at(text, month_at);
      size_t day_at = month_at + month.digits;
      const std::string_view between = mark == "年" ? "月" : mark;
      if (month.digits == 0 || month.digits > 2 || !text.substr(day_at).starts_with(between)) {
        return {};
      }
      day_at = skip(text, day_at + between.size(), " ");
      const Number day = number_at(text, day_at);
      if (day.digits == 0 || day.digits > 2) return {};
      const std::string date = day_text(first.value, month.value, day.value);
      return date.empty() ? date : date + time_text(text.substr(day_at + day.digits));
    }
    return {};
  }
  if (first.digits > 2) return {};
  for (const char mark : {'.', '/', '-'}) {
    if (!rest.starts_with(mark)) continue;
    const size_t second_at = skip(text, after + 1, " ");
    const Number second = number_at(text, second_at);
    const size_t year_at = second_at + second.digits;
    if (second.digits == 0 || second.digits > 2 || year_at >= text.size() ||
        text[year_at] != mark) {
      break;
    }
    const Number year = number_at(text, skip(text, year_at + 1, " "));
    if (year.digits != 4) return {};
    if (mark == '.') return day_text(year.value, second.value, first.value);
    const std::string day_first = day_text(year.value, second.value, first.value);
    const std::string month_first = day_text(year.value, first.value, second.value);
    if (day_first.empty() || month_first.empty() || day_first == month_first) {
      return day_first.empty() ? month_first : day_first;
    }
    return {};
  }
  // "24th of July, 2015", "24. Juli 2015", "24 de julio de 2015"
  size_t word = after;
  for (const std::string_view ending : {"st", "nd", "rd", "th", "er", "º", "."}) {
    if (text.substr(word).starts_with(ending)) {
      word += ending.size();
      break;
    }
  }
  word = skip(text, word, " -");
  for (const std::string_view of : {"of ", "de ", "di "}) {
    if (text.substr(word).starts_with(of)) word += of.size();
  }
  const size_t end = word_end(text, word);
  const int month = month_of(text.substr(word, end - word));
  if (month == 0) return {};
  size_t year_at = skip(text, end, " ,.-");
  for (const std::string_view of : {"de ", "del "}) {
    if (text.substr(year_at).starts_with(of)) year_at += of.size();
  }
  const Number year = number_at(text, year_at);
  return year.digits == 4 ? day_text(year.value, month, first.value) : std::string();
}

// "July 24th, 2015" where the month's name is text[begin, end).
std::string date_from_month(std::string_view text, size_t begin, size_t end) {
  const int month = month_of(text.substr(begin, end - begin));
  if (month == 0) return {};
  const size_t day_at = skip(text, end, " .");
  const Number day = number_at(text, day_at);
  if (day.digits == 0 || day.digits > 2) return {};
  size_t year_at = day_at + day.digits;
  for (const std::string_view ending : {"st", "nd", "rd", "th"}) {
    if (text.substr(year_at).starts_with(ending)) {
      year_at += 2;
      break;
    }
  }
  const Number year = number_at(text, skip(text, year_at, " ,"));
  return year.digits == 4 ? day_text(year.value, month, day.value) : std::string();
}

}  // namespace

DateInText find_date_in(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const CodePoint c = code_point_at(text, at);
    size_t end = at + c.bytes;
    std::string date;
    if (is_digit(text[at])) {
      date = date_from_number(text, at);
      while (end < text.size() && is_digit(text[end])) ++end;
    } else if (is_letter(c.value)) {
      end = word_end(text, at);
      date = date_from_month(text, at, end);
    }
    if (!date.empty()) return {std::move(date), at};
    at = end;
  }
  return {};
}

std::string find_date(std::string_view text) { return find_date_in(text).iso; }

std::string date_in_link(std::string_view link) {
  link = link.substr(0, link.find_first_of("?#"));
  for (size_t at = 0; at < link.size(); ++at) {
    if ((at > 0 && is_digit(link[at - 1])) || !is_digit(link[at])) continue;
    const Number year = number_at(link, at);
    if (year.digits != 4 || at + 4 >= link.size()) continue;
    const char mark = link[at + 4];
    if (mark != '/' && mark != '-') continue;
    std::string date = date_from_number(link, at);
    if (!date.empty()) return date.substr(0, 10);
  }
  return {};
}

}  // namespace twin
