#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "engine/generate/json_text_grammar.h"

namespace twin::json_grammar {
namespace {

constexpr uint64_t kFifteenDigits = 999'999'999'999'999;
constexpr int64_t kMostBound = 1'000'000'000;

std::string join(const std::vector<std::string>& choices) {
  std::string text;
  for (const std::string& choice : choices) text += (text.empty() ? "" : " | ") + choice;
  return choices.size() == 1 ? text : '(' + text + ')';
}

std::string digit(char low, char high) {
  return low == high ? fmt::format("\"{}\"", low) : fmt::format("[{}-{}]", low, high);
}

// Strings of digits from `low` to `high`, which are equally long.
std::string same_length(std::string_view low, std::string_view high) {
  const size_t n = low.size();
  if (n == 0) return "\"\"";
  if (low == std::string(n, '0') && high == std::string(n, '9')) {
    return fmt::format("[0-9]{{{}}}", n);
  }
  const auto with = [&](char first, std::string_view from, std::string_view to) {
    return n == 1 ? digit(first, first) : digit(first, first) + ' ' + same_length(from, to);
  };
  if (low[0] == high[0]) return with(low[0], low.substr(1), high.substr(1));
  if (n == 1) return digit(low[0], high[0]);
  const std::string zeros(n - 1, '0'), nines(n - 1, '9');
  std::vector<std::string> choices;
  char first = low[0], last = high[0];
  if (low.substr(1) != zeros) choices.push_back(with(first++, low.substr(1), nines));
  std::string top;
  if (high.substr(1) != nines) top = with(last--, zeros, high.substr(1));
  if (first <= last) {
    choices.push_back(digit(first, last) + fmt::format(" [0-9]{{{}}}", n - 1));
  }
  if (!top.empty()) choices.push_back(top);
  return join(choices);
}

std::string from_to(uint64_t low, uint64_t high) {
  std::vector<std::string> choices;
  while (low <= high) {
    const std::string begin = std::to_string(low);
    const std::string longest(begin.size(), '9');
    const uint64_t nines = begin.size() > 19 ? UINT64_MAX : std::stoull(longest);
    const uint64_t end = std::min(high, nines);
    choices.push_back(same_length(begin, std::to_string(end)));
    if (end == UINT64_MAX) break;
    low = end + 1;
  }
  return join(choices);
}

uint64_t magnitude(int64_t value) {
  return value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
}

// Numbers from 0 on. Requires low <= high.
std::string decimals(uint64_t low, bool low_excluded, uint64_t high, bool high_excluded) {
  std::vector<std::string> choices;
  if (low < high) {
    if (low_excluded) {
      choices.push_back(fmt::format("\"{}.\" [0-9]{{0,4}} [1-9]", low));
    }
    const uint64_t first = low + low_excluded;
    if (first < high) choices.push_back(from_to(first, high - 1) + " (\".\" [0-9]{1,5})?");
  }
  const bool has_high = !high_excluded && !(low == high && low_excluded);
  if (has_high) choices.push_back(fmt::format("\"{}\" (\".0\")?", high));
  return choices.empty() ? std::string() : join(choices);
}

}  // namespace

std::string integers(std::optional<int64_t> low, std::optional<int64_t> high,
                     std::string_view where) {
  if (low && high && *low > *high) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: no whole number is from {} to {}", where, *low, *high));
  }
  std::vector<std::string> choices;
  if (!low || *low < 0) {
    const uint64_t nearest = high && *high < 0 ? magnitude(*high) : 1;
    uint64_t farthest = low ? magnitude(*low) : std::max(kFifteenDigits, nearest);
    choices.push_back("\"-\" " + from_to(nearest, farthest));
  }
  if (!high || *high >= 0) {
    const uint64_t nearest = low && *low > 0 ? magnitude(*low) : 0;
    const uint64_t farthest = high ? magnitude(*high) : std::max(kFifteenDigits, nearest);
    choices.push_back(from_to(nearest, farthest));
  }
  return join(choices);
}

std::string numbers(const NumberBounds& b, std::string_view where) {
  if (!b.low && !b.high) {
    return "\"-\"? (\"0\" | [1-9] [0-9]{0,14}) (\".\" [0-9]{1,15})? ([eE] [-+]? [0-9]{1,2})?";
  }
  const int64_t low = b.low.value_or(std::min(-kMostBound, b.high.value_or(0)));
  const int64_t high = b.high.value_or(std::max(kMostBound, b.low.value_or(0)));
  for (const int64_t bound : {low, high}) {
    if (magnitude(bound) > static_cast<uint64_t>(kMostBound)) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("{}: a number's bound is {}; whole numbers up to {} are supported",
                              where, bound, kMostBound));
    }
  }
  const bool low_excluded = b.low && b.low_excluded, high_excluded = b.high && b.high_excluded;
  std::vector<std::string> choices;
  if (low <= high && low < 0) {
    // Mirrored: from -high (or 0, never written "-0") to -low.
    const bool to_zero = high >= 0;
    const std::string text = decimals(to_zero ? 0 : magnitude(high), to_zero || high_excluded,
                                      magnitude(low), low_excluded);
    if (!text.empty()) choices.push_back("\"-\" " + text);
  }
  if (low <= high && high >= 0) {
    const bool from_zero = low < 0;
    const std::string text = decimals(from_zero ? 0 : magnitude(low), !from_zero && low_excluded,
                                      magnitude(high), high_excluded);
    if (!text.empty()) choices.push_back(text);
  }
  if (choices.empty()) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: no number is within the bounds", where));
  }
  return join(choices);
}

}  // namespace twin::json_grammar
