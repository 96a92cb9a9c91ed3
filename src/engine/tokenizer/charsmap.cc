#include "engine/tokenizer/charsmap.h"

#include <fmt/format.h>

#include <cstring>

#include "base/error.h"
#include "engine/tokenizer/utf8.h"

namespace twin {

Charsmap::Charsmap(std::string_view bytes, std::string_view where) {
  const auto refuse = [&](const char* what) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: precompiled_charsmap {}", where, what));
  };
  uint32_t size = 0;
  if (bytes.size() < sizeof size) refuse("is too short");
  std::memcpy(&size, bytes.data(), sizeof size);
  bytes.remove_prefix(sizeof size);
  if (size > bytes.size() || size % sizeof(uint32_t) != 0 || size == 0) {
    refuse("claims a trie larger than itself");
  }
  units_.resize(size / sizeof(uint32_t));
  std::memcpy(units_.data(), bytes.data(), size);
  strings_ = bytes.substr(size);
  if (valid_prefix(strings_) != strings_.size()) refuse("holds what is not UTF-8");
  if (!strings_.ends_with('\0')) strings_ += '\0';
}

std::optional<Charsmap::Match> Charsmap::find(std::string_view text, bool first) const {
  // A unit: label or value, offset to its children, whether one of them is a leaf.
  const auto offset = [](uint32_t unit) { return (unit >> 10) << ((unit & (1u << 9)) >> 6); };
  std::optional<Match> found;
  size_t node = offset(units_[0]);
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    node ^= byte;
    if (node >= units_.size() || byte == 0) break;
    const uint32_t unit = units_[node];
    if ((unit & (1u << 31 | 0xff)) != byte) break;
    node ^= offset(unit);
    if ((unit >> 8 & 1) == 0) continue;
    if (node >= units_.size()) break;
    const uint32_t value = units_[node] & ~(1u << 31);
    if (value >= strings_.size()) break;
    found = Match{i + 1, std::string_view(strings_.data() + value)};
    // A value may point into a character, in a file that was tampered with.
    if (valid_prefix(found->replacement) != found->replacement.size()) return std::nullopt;
    if (first) break;
  }
  return found;
}

}  // namespace twin
