#include "engine/tokenizer/sentencepiece_normalizer.h"

#include "engine/tokenizer/utf8.h"

namespace twin {
namespace {

constexpr std::string_view kEscapedSpace = "\u2581";

}  // namespace

Charsmap::Match SentencePieceNormalizer::next(std::string_view text) const {
  if (const auto kept = user_defined_.longest(text); kept.length > 0) {
    return {kept.length, text.substr(0, kept.length)};
  }
  if (charsmap_) {
    if (const auto match = charsmap_->longest(text)) return *match;
  }
  const size_t length = character_length(text[0]);
  return {length, text.substr(0, length)};
}

std::string SentencePieceNormalizer::normalize(std::string_view text) const {
  const std::string_view space = spaces_.escape_whitespaces ? kEscapedSpace : " ";
  const bool remove_extra = spaces_.remove_extra_whitespaces;
  if (remove_extra) {
    while (!text.empty()) {
      const Charsmap::Match match = next(text);
      if (match.replacement != " ") break;
      text.remove_prefix(match.length);
    }
  }
  std::string out;
  if (text.empty()) return out;
  out.reserve(text.size() + text.size() / 4);
  const bool add = spaces_.add_dummy_prefix;
  if (add && !spaces_.treat_whitespace_as_suffix) out += space;
  bool after_space = remove_extra;
  while (!text.empty()) {
    const Charsmap::Match match = next(text);
    std::string_view piece = match.replacement;
    while (after_space && piece.starts_with(' ')) piece.remove_prefix(1);
    for (char c : piece) {
      if (c == ' ') {
        out += space;
      } else {
        out += c;
      }
    }
    if (!piece.empty()) after_space = piece.ends_with(' ');
    if (!remove_extra) after_space = false;
    text.remove_prefix(match.length);
  }
  while (remove_extra && out.ends_with(space)) out.resize(out.size() - space.size());
  if (add && spaces_.treat_whitespace_as_suffix) out += space;
  return out;
}

}  // namespace twin
