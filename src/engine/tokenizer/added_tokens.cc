#include "engine/tokenizer/added_tokens.h"

#include <algorithm>

#include "engine/tokenizer/unicode_classes.h"
#include "engine/tokenizer/utf8.h"

namespace twin {
namespace {

constexpr uint8_t kWordClass = kLetterClass | kNumberClass | kMarkClass | kConnectorClass;

bool overlaps(std::span<const ByteSpan> spans, size_t begin, size_t end) {
  // The first span that ends after `begin`.
  const auto span = std::partition_point(spans.begin(), spans.end(),
                                         [&](const ByteSpan& s) { return s.end <= begin; });
  return span != spans.end() && span->begin < end;
}

// Classes of the character that ends at `end`, or begins at `begin`; none at the edges of the text.
uint8_t class_before(std::string_view text, size_t end, size_t& begin) {
  if (end == 0) return 0;
  begin = end - 1;
  while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) --begin;
  if (valid_character(text.data() + begin, end - begin) != end - begin) return 0;
  return character_classes().of[character_at(text.data() + begin)];
}

uint8_t class_after(std::string_view text, size_t begin, size_t& end) {
  if (begin == text.size()) return 0;
  const size_t length = valid_character(text.data() + begin, text.size() - begin);
  end = begin + length;
  return length == 0 ? 0 : character_classes().of[character_at(text.data() + begin)];
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens, const Normalizer* normalizer)
    : tokens_(std::move(tokens)) {
  for (size_t i = 0; i < tokens_.size(); ++i) {
    const AddedToken& token = tokens_[i];
    by_id_.emplace_back(token.id, i);
    by_content_.add(token.content, static_cast<int32_t>(i));
    Index& index = token.normalized ? after_ : before_;
    const std::string text = token.normalized && normalizer != nullptr
                                 ? normalizer->normalize(token.content)
                                 : token.content;
    if (text.empty()) continue;
    index.trie.add(text, static_cast<int32_t>(i));
    index.begins[static_cast<unsigned char>(text[0])] = true;
  }
  std::sort(by_id_.begin(), by_id_.end());
}

const AddedToken* AddedTokens::find(std::string_view content) const {
  const ByteTrie::Match match = by_content_.longest(content);
  if (match.length == 0 || match.length != content.size()) return nullptr;
  return &tokens_[static_cast<size_t>(match.value)];
}

const AddedToken* AddedTokens::find(TokenId id) const {
  const auto found = std::lower_bound(by_id_.begin(), by_id_.end(), std::pair(id, size_t{0}));
  return found != by_id_.end() && found->first == id ? &tokens_[found->second] : nullptr;
}

std::vector<TextOrToken> AddedTokens::cut(std::string_view text, bool normalized,
                                          bool parse_special,
                                          std::span<const ByteSpan> verbatim) const {
  const Index& index = normalized ? after_ : before_;
  std::vector<TextOrToken> parts;
  size_t done = 0;
  const auto put_text = [&](size_t end) {
    if (end > done) parts.push_back({text.substr(done, end - done), std::nullopt});
  };
  for (size_t at = 0; !index.trie.empty() && at < text.size();) {
    if (!index.begins[static_cast<unsigned char>(text[at])]) {
      ++at;
      continue;
    }
    const ByteTrie::Match match = index.trie.longest(text.substr(at));
    if (match.length == 0) {
      ++at;
      continue;
    }
    const AddedToken& token = tokens_[static_cast<size_t>(match.value)];
    size_t begin = at, end = at + match.length, neighbour = 0;
    at = end;
    if (token.special && !parse_special) continue;
    if (token.special && overlaps(verbatim, begin, end)) {
      at = begin + 1;  // what begins inside it may lie outside the range
      continue;
    }
    if (begin < done) continue;  // the token before has taken it along
    if (token.single_word && ((class_before(text, begin, neighbour) & kWordClass) != 0 ||
                              (class_after(text, end, neighbour) & kWordClass) != 0)) {
      continue;
    }
    if (token.lstrip) {
      while (begin > done && (class_before(text, begin, neighbour) & kSpaceClass) != 0) {
        begin = neighbour;
      }
    }
    if (token.rstrip) {
      while (end < text.size() && (class_after(text, end, neighbour) & kSpaceClass) != 0) {
        end = neighbour;
      }
    }
    put_text(begin);
    parts.push_back({text.substr(begin, end - begin), token.id});
    done = end;
  }
  put_text(text.size());
  return parts;
}

}  // namespace twin
