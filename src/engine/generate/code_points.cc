#include <algorithm>

#include "engine/generate/grammar.h"

namespace twin {
namespace {

constexpr uint32_t kLast = 0x10FFFF, kSurrogates = 0xD800, kAfterSurrogates = 0xE000;

}  // namespace

std::vector<CodePoints> normalize(std::vector<CodePoints> chars) {
  std::sort(chars.begin(), chars.end(),
            [](const CodePoints& a, const CodePoints& b) { return a.low < b.low; });
  std::vector<CodePoints> merged;
  const auto add = [&](uint32_t low, uint32_t high) {
    if (low > high) return;
    if (!merged.empty() && low <= merged.back().high + 1) {
      merged.back().high = std::max(merged.back().high, high);
    } else {
      merged.push_back({low, high});
    }
  };
  for (const CodePoints& range : chars) {
    add(range.low, std::min(range.high, kSurrogates - 1));
    add(std::max(range.low, kAfterSurrogates), std::min(range.high, kLast));
  }
  return merged;
}

std::vector<CodePoints> complement(const std::vector<CodePoints>& chars) {
  std::vector<CodePoints> rest;
  uint32_t next = 0;
  for (const CodePoints& range : normalize(chars)) {
    if (range.low > next) rest.push_back({next, range.low - 1});
    next = range.high + 1;
  }
  if (next <= kLast) rest.push_back({next, kLast});
  return normalize(std::move(rest));
}

void append_utf8(uint32_t c, std::string& text) {
  const auto byte = [&](uint32_t value) { text += static_cast<char>(value); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6);
    byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3F));
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  }
}

}  // namespace twin
