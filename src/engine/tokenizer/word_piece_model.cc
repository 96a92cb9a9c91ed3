#include "engine/tokenizer/word_piece_model.h"

#include "engine/tokenizer/utf8.h"

namespace twin {

void WordPieceModel::encode(std::string_view piece, std::vector<TokenId>& ids) const {
  const size_t before = ids.size();
  const auto unknown = [&] {
    ids.resize(before);
    ids.push_back(options_.unk_token);
  };
  size_t characters = 0;
  for ([[maybe_unused]] std::string_view c : Characters(piece)) ++characters;
  if (characters > options_.max_input_chars_per_word) return unknown();

  std::string candidate;
  for (size_t begin = 0; begin < piece.size();) {
    candidate = begin > 0 ? options_.continuing_subword_prefix : std::string();
    const size_t prefix = candidate.size();
    candidate += piece.substr(begin);
    TokenId found = vocabulary_.find(candidate);
    while (found == kNoToken) {
      do {  // one character less
        candidate.pop_back();
      } while (candidate.size() > prefix &&
               (static_cast<unsigned char>(piece[begin + candidate.size() - prefix]) & 0xc0) ==
                   0x80);
      if (candidate.size() <= prefix) return unknown();
      found = vocabulary_.find(candidate);
    }
    ids.push_back(found);
    begin += candidate.size() - prefix;
  }
}

}  // namespace twin
