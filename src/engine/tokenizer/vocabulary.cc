#include "engine/tokenizer/vocabulary.h"

#include <fmt/format.h>

#include "engine/tokenizer/hash_bytes.h"

namespace twin {

Vocabulary::Vocabulary(std::vector<std::string> tokens, const std::vector<bool>& findable)
    : tokens_(std::move(tokens)) {
  size_t capacity = 16;
  while (capacity < tokens_.size() * 2) capacity *= 2;
  slots_.assign(capacity, 0);
  mask_ = capacity - 1;
  for (size_t id = 0; id < tokens_.size(); ++id) {
    if (!findable[id]) continue;
    const uint64_t hash = hash_bytes(tokens_[id]);
    const uint64_t upper = hash & 0xffffffff00000000;
    size_t at = hash & mask_;
    while (slots_[at] != 0) {
      const auto other = static_cast<size_t>(static_cast<uint32_t>(slots_[at]) - 1);
      if ((slots_[at] & 0xffffffff00000000) == upper && tokens_[other] == tokens_[id]) break;
      at = (at + 1) & mask_;
    }
    slots_[at] = upper | static_cast<uint32_t>(id + 1);
  }
}

TokenId Vocabulary::find(std::string_view token) const {
  const uint64_t hash = hash_bytes(token);
  const uint64_t upper = hash & 0xffffffff00000000;
  for (size_t at = hash & mask_; slots_[at] != 0; at = (at + 1) & mask_) {
    if ((slots_[at] & 0xffffffff00000000) != upper) continue;
    const auto id = static_cast<TokenId>(static_cast<uint32_t>(slots_[at]) - 1);
    if (tokens_[static_cast<size_t>(id)] == token) return id;
  }
  return kNoToken;
}

std::string byte_token_name(unsigned char byte) { return fmt::format("<0x{:02X}>", byte); }

std::optional<char> byte_of_name(std::string_view token) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
  };
  if (token.size() != 6 || !token.starts_with("<0x") || !token.ends_with('>')) return std::nullopt;
  const int high = digit(token[3]), low = digit(token[4]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

}  // namespace twin
