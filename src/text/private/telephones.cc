#include <algorithm>
#include <array>
#include <string>

#include "text/private/finders.h"
#include "text/private/pattern.h"

namespace twin::privacy {
namespace {

// Groups of digits of a number, in order.
std::vector<std::string> groups_of(std::string_view number) {
  std::vector<std::string> groups;
  bool in_group = false;
  for (const char c : number) {
    const bool digit = c >= '0' && c <= '9';
    if (digit && !in_group) groups.emplace_back();
    if (digit) groups.back() += c;
    in_group = digit;
  }
  return groups;
}

std::string joined(const std::vector<std::string>& groups) {
  std::string all;
  for (const std::string& group : groups) all += group;
  return all;
}

size_t count(const std::vector<std::string>& groups) { return joined(groups).size(); }

bool is_year(std::string_view group) {
  return group.size() == 4 && (group.starts_with("19") || group.starts_with("20"));
}

// 12-05-2010, 2010.05.12, 1/2/2003, 2010 2011.
bool is_date(const std::vector<std::string>& groups) {
  if (std::all_of(groups.begin(), groups.end(), is_year)) return true;
  if (groups.size() != 3) return false;
  const bool year_first = is_year(groups[0]) && groups[1].size() <= 2 && groups[2].size() <= 2;
  const bool year_last = is_year(groups[2]) && groups[0].size() <= 2 && groups[1].size() <= 2;
  return year_first || year_last;
}

// 978-3-16-148410-0, 0-306-40615-2: by their beginnings and groups (ISO 2108).
bool is_isbn(const std::vector<std::string>& groups) {
  const std::string digits = joined(groups);
  if (digits.size() == 13) return digits.starts_with("978") || digits.starts_with("979");
  return digits.size() == 10 && groups.size() == 4 && groups.back().size() == 1;
}

// Country calling codes of ITU-T E.164; those of three digits by their first two.
bool has_country_code(std::string_view digits) {
  constexpr std::array<std::string_view, 67> kCodes = {
      "1",  "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44",
      "45", "46", "47", "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60",
      "61", "62", "63", "64", "65", "66", "7",  "81", "82", "84", "86", "90", "91", "92",
      "93", "94", "95", "98", "21", "22", "23", "24", "25", "26", "29", "35", "37", "38",
      "42", "50", "59", "67", "68", "69", "80", "85", "87", "88", "96"};
  return digits.starts_with("97") || digits.starts_with("99") ||
         std::any_of(kCodes.begin(), kCodes.end(),
                     [&](auto code) { return digits.starts_with(code); });
}

bool is_international(std::string_view number) {
  std::string digits = joined(groups_of(number));
  const bool zeros = digits.starts_with("00");
  if (zeros) digits.erase(0, 2);
  if (digits.size() < 8 || digits.size() > 15 || !has_country_code(digits)) return false;
  const std::vector<std::string> groups = groups_of(number);
  if (digits[0] == '1') return digits.size() == 11 && digits[1] >= '2';
  if (groups.size() == 1) return !zeros && digits.size() >= 10;
  // "+100 000 000" and other thousands.
  const bool thousands =
      std::all_of(groups.begin() + 1, groups.end(),
                  [](const std::string& group) { return group.size() == 3 && group == "000"; });
  return !thousands && groups.back().size() >= 2;
}

// North America: 555-123-4567, (555) 123-4567, 555.123.4567.
bool is_north_american(std::string_view number) {
  const std::vector<std::string> groups = groups_of(number);
  const size_t first = groups.size() == 4 ? 1 : 0;
  if (groups.size() != first + 3) return false;
  const bool bracket = number.find('(') != std::string_view::npos;
  const size_t end = number.size() - 4;
  const char last = number[end - 1];
  if (bracket) return true;
  // Both separators alike; with spaces alone it may be any three numbers.
  return last != ' ' && number[end - 5] == last;
}

// A trunk zero before: 020 7946 0018, 030/901820, (01632) 960001, 01 23 45 67 89.
bool is_national(std::string_view number) {
  std::vector<std::string> groups = groups_of(number);
  if (number.starts_with("(0 ") && groups.size() > 2) {  // (0 30) 90 18 20
    groups[0] += groups[1];
    groups.erase(groups.begin() + 1);
  }
  const std::string digits = joined(groups);
  if (digits.size() < 8 || digits.size() > 12 || digits[1] == '0' || is_date(groups) ||
      is_isbn(groups)) {
    return false;
  }
  const bool pairs = groups.size() == 5 && std::all_of(groups.begin(), groups.end(),
                                                       [](auto& g) { return g.size() == 2; });
  if (pairs) return true;
  if (groups[0].size() < 3 || digits.size() < 9 || groups.size() > 5) return false;
  // Shorter pieces are counters, longer rows are tables; one digit may be an extension.
  const bool extension =
      groups.size() == 3 && groups[2].size() == 1 && number[number.size() - 2] == '-';
  return extension || std::all_of(groups.begin(), groups.end(), [](const std::string& g) {
           return g.size() >= 2 && g.size() <= 8;
         });
}

// What a word like "Tel." before it makes a number.
bool is_called(std::string_view number, bool sure) {
  const std::vector<std::string> groups = groups_of(number);
  const size_t digits = count(groups);
  if (digits < 7 || digits > 15 || is_date(groups) || is_isbn(groups)) return false;
  if (number.find('.') != std::string_view::npos && groups.size() > 3) {
    // 7.10.8107.79 is a version, 192.168.1.100 an address; 01.23.45.67.89 has pairs.
    if (!std::all_of(groups.begin(), groups.end(), [](auto& g) { return g.size() == 2; })) {
      return false;
    }
  }
  if (groups.size() == 1) return sure || digits >= 10;
  for (size_t i = 1; i < groups.size(); ++i) {
    if (groups[i].size() < 2) return false;
  }
  return sure || digits >= 10 || (groups.size() == 2 && groups[0].size() == 3 && digits == 7);
}

}  // namespace

void find_telephones(std::string_view text, Found& found) {
  // A no-break space, a no-break or figure hyphen or an en dash, as UTF-8, separate as well.
  static const Pattern international(
      R"((?<![\w+#.,/=&-])((?:\(?\+|00(?=[1-9]))[1-9]\d{0,3}\)?)"
      R"((?:(?:[ .\-/]|\xc2\xa0|\xe2\x80[\x90-\x93]){0,2}(?:\(\d{1,5}\)|\d{1,12})){1,7})(?![\w]|[.,]\d|:\d))");
  static const Pattern north_american(
      R"((?<![\w+#.,/=$&-])((?:1[-. ])?(?:\([2-9]\d{2}\)[ -]?|[2-9]\d{2}[-. ])[2-9]\d{2}[-. ]\d{4})(?![\w]|[-./:]\d))");
  static const Pattern national(
      R"((?<![\w+#.,/=:$&-])((?:\(0[\d ]{1,6}\)|0\d{1,5})(?:[ \-/]|\xc2\xa0|\xe2\x80\x93){1,3}\d(?:[\d \-]|\xc2\xa0){3,13}\d)(?![\w]|[-./,:%]\d|\.\d))");
  static const Pattern dotted_pairs(R"((?<![\w.])(0[1-9](?:\.\d{2}){4})(?![\w]|\.\d))");
  static const Pattern surely_called(
      R"((?i)(?<![a-z])(?:tel|phone|telephone|cell|cellphone|mobile|mob|fax|whatsapp|telefon|telefax|handy|mobil|fon|t\xc3\xa9l|t\xc3\xa9l\xc3\xa9phone|portable|m\xc3\xb3vil|tel\xc3\xa9fono|telefono|cellulare|telefoon|celular)(?:\s(?:number|no|nr|is|nummer))*[\s.:#*=_)\]"'>]{0,8}(?:is |at |on )?(\+?\(?\d[\d ().\-/]{5,20}\d)(?![\w]|[.,:]\d))");
  static const Pattern maybe_called(
      R"((?i)(?<![a-z])(?:call|dial|ring|text|sms|signal)(?: (?:me|us|him|her|them))?(?: (?:at|on|now))?[\s:*]{1,4}(\+?\(?\d[\d ().\-/]{5,20}\d)(?![\w]|[.,:]\d))");
  const auto take_if = [&](auto fits) {
    return [&found, text, fits](ByteRange, ByteRange range) {
      // A bracket that nothing closes is not the number's.
      const std::string_view number = slice(text, range);
      if (number.starts_with('(') && number.find(')') == std::string_view::npos) ++range.begin;
      if (!fits(slice(text, range))) return false;
      found.push_back({range, PrivateKind::kTelephone});
      return true;
    };
  };
  international.find(text, take_if(is_international));
  north_american.find(text, take_if(is_north_american));
  national.find(text, take_if(is_national));
  dotted_pairs.find(text, take_if([](std::string_view) { return true; }));
  surely_called.find(text, take_if([](std::string_view n) { return is_called(n, true); }));
  maybe_called.find(text, take_if([](std::string_view n) { return is_called(n, false); }));
}

}  // namespace twin::privacy
