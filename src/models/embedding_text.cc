#include "models/embedding_text.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"

namespace twin {

std::vector<TokenId> EmbeddingText::tokens(std::string_view text, EmbedAs as) const {
  const std::string& before = prefix(as);
  const EncodeOptions options{.add_special_tokens = true};
  if (before.empty()) return tokenizer_->encode(text, options);
  return tokenizer_->encode(before + std::string(text), options);
}

std::vector<TokenId> EmbeddingText::checked_tokens(std::span<const std::string> texts, size_t i,
                                                   EmbedAs as) const {
  std::vector<TokenId> ids = tokens(texts[i], as);
  if (ids.empty()) {
    throw Error(ErrorCode::kBadInput, fmt::format("text {} to embed is empty", i + 1));
  }
  if (ids.size() > max_tokens_) {
    throw Error(
        ErrorCode::kBadInput,
        fmt::format("text {} to embed, '{}', has {} tokens; the model takes {}: embed it in "
                    "pieces",
                    i + 1, text_beginning(texts[i]), ids.size(), max_tokens_));
  }
  return ids;
}

std::string text_beginning(std::string_view text) {
  constexpr size_t kShown = 60;
  size_t end = std::min(text.size(), kShown);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  std::string shown(text.substr(0, end));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return end < text.size() ? shown + "..." : shown;
}

void to_unit_length(std::span<float> row) {
  double squares = 0;
  for (const float x : row) squares += static_cast<double>(x) * x;
  if (squares == 0) return;
  const double scale = 1 / std::sqrt(squares);
  for (float& x : row) x = static_cast<float>(x * scale);
}

}  // namespace twin
