#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace twin {

// The tokens of a vocabulary by their bytes, as a trie in depth-first order: one pass over its
// arrays sees every token's bytes once, and skips what does not fit. Immutable; thread-safe.
class Vocabulary {
 public:
  // tokens[id]: its bytes. Tokens without bytes (special ones) are in no text.
  explicit Vocabulary(const std::vector<std::string>& tokens);

  size_t size() const { return size_; }  // V
  // The token that is this byte alone; -1: there is none.
  int32_t single_byte(uint8_t byte) const { return single_[byte]; }
  // The bytes that are a token by themselves: with these anything can be spelt.
  std::bitset<256> bytes() const;
  std::string_view token(int32_t id) const {
    return std::string_view(text_).substr(
        begins_[static_cast<size_t>(id)],
        begins_[static_cast<size_t>(id) + 1] - begins_[static_cast<size_t>(id)]);
  }

  // A node of the trie, at `depth` bytes (from 1). Its descendants follow it, up to `skip`.
  struct Node {
    uint32_t skip;
    uint16_t depth;
    uint8_t byte;
  };
  const std::vector<Node>& nodes() const { return nodes_; }
  size_t max_depth() const { return max_depth_; }
  // The tokens whose bytes end at node n.
  std::span<const int32_t> tokens_at(size_t n) const {
    return std::span(ids_).subspan(first_id_[n], first_id_[n + 1] - first_id_[n]);
  }

  // Ids of the fewest tokens that spell `text`. Empty for an empty text. Requires that each of its
  // bytes is in bytes().
  std::vector<int32_t> fewest_tokens(std::string_view text) const;

 private:
  size_t size_ = 0;
  size_t max_depth_ = 0;
  std::string text_;
  std::vector<size_t> begins_;
  std::vector<Node> nodes_;
  std::vector<uint32_t> first_id_;  // (nodes + 1)
  std::vector<int32_t> ids_;
  std::array<int32_t, 256> single_;
};

// Of all tokens a tokenizer has, and of `vocab_size` if the model's is greater: the rest are in no
// text.
Vocabulary vocabulary_of(const Tokenizer& tokenizer, size_t vocab_size);

}  // namespace twin
