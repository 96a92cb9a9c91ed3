#include "cli/stacked_bars.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace twin {
namespace {

constexpr size_t kColumns = 80;
constexpr size_t kFills = 4;
constexpr std::array<const char*, kFills> kBlocks = {"█", "▓", "▒", "░"};
constexpr std::array<const char*, kFills> kAscii = {"#", "=", "-", "."};

std::string with_commas(size_t value) {
  std::string digits = std::to_string(value);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

size_t sum_of(const std::map<std::string, size_t>& parts) {
  size_t sum = 0;
  for (const auto& [part, value] : parts) sum += value;
  return sum;
}

// Parts, the largest first.
std::vector<std::string> parts_of(const StackedBars& bars) {
  std::map<std::string, size_t> sums;
  for (const auto& [label, parts] : bars.rows) {
    for (const auto& [part, value] : parts) sums[part] += value;
  }
  std::vector<std::string> names;
  for (const auto& [part, sum] : sums) {
    if (sum > 0) names.push_back(part);
  }
  std::stable_sort(names.begin(), names.end(),
                   [&](const auto& a, const auto& b) { return sums.at(a) > sums.at(b); });
  return names;
}

}  // namespace

std::string draw(const StackedBars& bars) {
  const std::vector<std::string> parts = parts_of(bars);
  const auto& fills = bars.ascii ? kAscii : kBlocks;
  const auto fill_of = [&](const std::string& part) {
    const auto at = std::find(parts.begin(), parts.end(), part) - parts.begin();
    return std::min(static_cast<size_t>(at), kFills - 1);
  };
  size_t longest = 0, label_width = 0, number_width = 0;
  for (const auto& [label, row] : bars.rows) {
    longest = std::max(longest, sum_of(row));
    label_width = std::max(label_width, label.size());
    number_width = std::max(number_width, with_commas(sum_of(row)).size());
  }
  if (longest == 0) return {};
  const size_t used = 2 + label_width + 2 + 2 + number_width;
  const size_t width = kColumns > used + 10 ? kColumns - used : 10;
  std::string text;
  if (parts.size() > 1) {
    text += " ";
    for (size_t i = 0; i < std::min(parts.size(), kFills); ++i) {
      const bool rest = i + 1 == kFills && parts.size() > kFills;
      text += fmt::format(" {} {}", fills[i], rest ? "others" : parts[i].substr(0, 16));
    }
    text += '\n';
  }
  for (const auto& [label, row] : bars.rows) {
    std::array<size_t, kFills> amounts{};
    for (const auto& [part, value] : row) {
      if (value > 0) amounts[fill_of(part)] += value;
    }
    std::string bar;
    size_t drawn = 0;
    for (size_t i = 0; i < kFills; ++i) {
      if (amounts[i] == 0) continue;
      const size_t length =
          std::min(width - std::min(width, drawn),
                   std::max<size_t>(1, (amounts[i] * width + longest / 2) / longest));
      for (size_t k = 0; k < length; ++k) bar += fills[i];
      drawn += length;
    }
    bar.append(width - drawn, ' ');
    text += fmt::format("  {:<{}}  {}  {:>{}}\n", label, label_width, bar, with_commas(sum_of(row)),
                        number_width);
  }
  return text;
}

}  // namespace twin
