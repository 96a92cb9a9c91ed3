#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/generate/grammar.h"

// Pieces of grammar text (GBNF) for parts of JSON texts. Each returns an expression that stands
// alone or in parentheses.
namespace twin::json_grammar {

// A string as a literal, and a class of characters (not empty).
std::string literal(std::string_view text);
std::string char_class(const std::vector<CodePoints>& chars);

// Whole numbers from `low` to `high` (absent: none, then 15 digits are the most), without exponent
// or fraction. Errors: kBadInput naming `where` where there is none.
std::string integers(std::optional<int64_t> low, std::optional<int64_t> high,
                     std::string_view where);

// Bounds of a number: whole, at most 1e9 from 0.
struct NumberBounds {
  std::optional<int64_t> low, high;
  bool low_excluded = false, high_excluded = false;
};
// Numbers within bounds, with up to 5 decimals; without bounds any number below 1e114.
std::string numbers(const NumberBounds& bounds, std::string_view where);

// What stands between the quotes of a string that matches an ECMAScript regular expression: no
// look-around, back-references, word boundaries or Unicode properties; ^ and $ only around a whole
// alternative. Characters that JSON must escape are. Errors: kBadInput with `where`, the offset and
// what is not supported.
std::string pattern(std::string_view regex, std::string_view where);
// The same for a format; empty where it is not known.
std::string format(std::string_view name);

// The characters of a JSON string by these names: rules `char` (any), `hex`.
extern const std::string_view kStringRules;

}  // namespace twin::json_grammar
