#include "collection/exports/export_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/context.h"
#include "text/unicode.h"

namespace twin {
namespace {

// Whether `text` has the form: 'd' a digit, 'a' a letter, everything else itself.
bool has_form(std::string_view text, std::string_view form) {
  return text.size() == form.size() &&
         std::equal(text.begin(), text.end(), form.begin(), [](char c, char f) {
           if (f == 'd') return c >= '0' && c <= '9';
           if (f == 'a') return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
           return c == f;
         });
}

}  // namespace

std::string iso_from_epoch(int64_t seconds) {
  // Years 1970 to 9999: beyond is no date of an export.
  if (seconds < 0 || seconds > 253'402'300'799) return {};
  return format_time(std::chrono::system_clock::time_point(std::chrono::seconds(seconds)));
}

std::string iso_from_tweet_date(std::string_view date) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (!has_form(date, "aaa aaa dd dd:dd:dd +dddd dddd") &&
      !has_form(date, "aaa aaa dd dd:dd:dd -dddd dddd")) {
    return {};
  }
  const auto month = std::find(kMonths.begin(), kMonths.end(), date.substr(4, 3));
  if (month == kMonths.end()) return {};
  return fmt::format("{}-{:02}-{}T{}{}:{}", date.substr(26, 4), month - kMonths.begin() + 1,
                     date.substr(8, 2), date.substr(11, 8), date.substr(20, 3), date.substr(23, 2));
}

std::string iso_from_spaced_date(std::string_view date) {
  date = trim(date);
  const bool utc = date.ends_with(" UTC");
  if (utc) date.remove_suffix(4);
  if (has_form(date, "dddd-dd-dd")) return std::string(date);
  if (has_form(date, "dddd-dd-dd dd:dd:dd") || has_form(date, "dddd-dd-dd dd:dd")) {
    return fmt::format("{}T{}{}", date.substr(0, 10), date.substr(11), utc ? "Z" : "");
  }
  return {};
}

std::string text_member(const Json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

int64_t number_member(const Json& object, const char* name) {
  if (!object.is_object()) return 0;
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

std::string repair_mojibake(const std::string& text) {
  std::string bytes;
  bool foreign = false;
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = code_point_at(text, i);
    if (c.value > 0xff) return text;
    foreign = foreign || c.value >= 0x80;
    bytes += static_cast<char>(c.value);
    i += c.bytes;
  }
  return foreign && is_valid_utf8(bytes) ? bytes : text;
}

std::string unescape_basic_entities(std::string_view text) {
  constexpr std::pair<std::string_view, char> kEntities[] = {
      {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
  std::string plain;
  for (size_t i = 0; i < text.size();) {
    const auto* found =
        std::find_if(std::begin(kEntities), std::end(kEntities),
                     [&](const auto& entity) { return text.substr(i).starts_with(entity.first); });
    const bool entity = text[i] == '&' && found != std::end(kEntities);
    plain += entity ? found->second : text[i];
    i += entity ? found->first.size() : 1;
  }
  return plain;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = 0; !from.empty() && (at = text.find(from, at)) != text.npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace twin
