#include "engine/generate/vocabulary.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace twin {
namespace {

constexpr size_t kLongest = UINT16_MAX;  // of a token's bytes; longer ones are never chosen

}  // namespace

Vocabulary::Vocabulary(const std::vector<std::string>& tokens) : size_(tokens.size()) {
  single_.fill(-1);
  std::vector<int32_t> order;
  for (size_t i = 0; i < tokens.size(); ++i) {
    begins_.push_back(text_.size());
    text_ += tokens[i];
    const auto id = static_cast<int32_t>(i);
    if (!tokens[i].empty() && tokens[i].size() <= kLongest) order.push_back(id);
    if (tokens[i].size() == 1 && single_[static_cast<uint8_t>(tokens[i][0])] < 0) {
      single_[static_cast<uint8_t>(tokens[i][0])] = id;
    }
  }
  begins_.push_back(text_.size());
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    const int less = token(a).compare(token(b));
    return less != 0 ? less < 0 : a < b;
  });

  std::vector<uint32_t> open;  // the nodes from the root to the last token's end
  std::string_view last;
  for (const int32_t id : order) {
    const std::string_view bytes = token(id);
    const auto common = static_cast<size_t>(
        std::mismatch(last.begin(), last.end(), bytes.begin(), bytes.end()).first - last.begin());
    for (; open.size() > common; open.pop_back()) {
      nodes_[open.back()].skip = static_cast<uint32_t>(nodes_.size());
    }
    for (size_t d = common; d < bytes.size(); ++d) {
      open.push_back(static_cast<uint32_t>(nodes_.size()));
      nodes_.push_back({0, static_cast<uint16_t>(d + 1), static_cast<uint8_t>(bytes[d])});
      first_id_.push_back(static_cast<uint32_t>(ids_.size()));
    }
    // In order, so that the last node opened is this token's.
    ids_.push_back(id);
    max_depth_ = std::max(max_depth_, bytes.size());
    last = bytes;
  }
  for (const uint32_t n : open) nodes_[n].skip = static_cast<uint32_t>(nodes_.size());
  first_id_.push_back(static_cast<uint32_t>(ids_.size()));
}

std::bitset<256> Vocabulary::bytes() const {
  std::bitset<256> all;
  for (size_t b = 0; b < 256; ++b) all[b] = single_[b] >= 0;
  return all;
}

std::vector<int32_t> Vocabulary::fewest_tokens(std::string_view text) const {
  const size_t N = text.size();
  // From the end: how many tokens the rest takes, and the first of them.
  std::vector<size_t> count(N + 1, SIZE_MAX);
  std::vector<int32_t> first(N + 1, -1);
  count[N] = 0;
  for (size_t at = N; at-- > 0;) {
    for (size_t n = 0, depth = 0; n < nodes_.size() && at + depth < N;) {
      if (nodes_[n].depth != depth + 1) break;  // no child of the last node left
      if (nodes_[n].byte != static_cast<uint8_t>(text[at + depth])) {
        n = nodes_[n].skip;
        continue;
      }
      ++depth;
      const auto ids = tokens_at(n);
      if (!ids.empty() && count[at + depth] != SIZE_MAX && count[at + depth] + 1 < count[at]) {
        count[at] = count[at + depth] + 1;
        first[at] = ids.front();
      }
      ++n;
    }
  }
  std::vector<int32_t> ids;
  for (size_t at = 0; at < N; at += token(ids.back()).size()) {
    TWIN_CHECK(first[at] >= 0);
    ids.push_back(first[at]);
  }
  return ids;
}

Vocabulary vocabulary_of(const Tokenizer& tokenizer, size_t vocab_size) {
  std::vector<std::string> tokens(std::max(vocab_size, tokenizer.vocab_size()));
  for (size_t id = 0; id < tokenizer.vocab_size(); ++id) {
    tokens[id] = tokenizer.token_bytes(static_cast<int32_t>(id));
  }
  tokens.resize(vocab_size);
  return Vocabulary(tokens);
}

}  // namespace twin
