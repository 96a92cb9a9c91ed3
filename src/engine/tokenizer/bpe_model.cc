#include "engine/tokenizer/bpe_model.h"

#include <algorithm>

#include "engine/tokenizer/utf8.h"

namespace twin {

BpeModel::BpeModel(const Vocabulary& vocabulary, BpeMerges merges, BpeOptions options)
    : vocabulary_(vocabulary), merges_(std::move(merges)), options_(std::move(options)) {
  for (size_t byte = 0; byte < 256; ++byte) {
    const auto value = static_cast<unsigned char>(byte);
    id_of_byte_[byte] = vocabulary.find(
        options_.byte_level ? std::string(1, static_cast<char>(value)) : byte_token_name(value));
  }
}

void BpeModel::encode(std::string_view piece, std::vector<TokenId>& ids) const {
  if (options_.ignore_merges) {
    if (const TokenId whole = vocabulary_.find(piece); whole != kNoToken) {
      ids.push_back(whole);
      return;
    }
  }
  std::vector<TokenId> symbols;
  symbols.reserve(piece.size());
  if (options_.byte_level) {
    for (char c : piece) symbols.push_back(id_of_byte_[static_cast<unsigned char>(c)]);
  } else {
    add_characters(piece, symbols);
  }
  merges_.apply(symbols);
  ids.insert(ids.end(), symbols.begin(), symbols.end());
}

bool BpeModel::add_bytes(std::string_view symbol, std::vector<TokenId>& ids) const {
  const auto id_of = [&](char c) { return id_of_byte_[static_cast<unsigned char>(c)]; };
  if (!std::all_of(symbol.begin(), symbol.end(), [&](char c) { return id_of(c) != kNoToken; })) {
    return false;
  }
  for (char c : symbol) ids.push_back(id_of(c));
  return true;
}

void BpeModel::add_characters(std::string_view piece, std::vector<TokenId>& ids) const {
  std::string affixed;
  bool unknown_before = false;  // of a run of unknown characters one has been put
  for (std::string_view symbol : Characters(piece)) {
    const bool first = symbol.data() == piece.data();
    const bool last = symbol.data() + symbol.size() == piece.data() + piece.size();
    const bool prefixed = !first && !options_.continuing_subword_prefix.empty();
    const bool suffixed = last && !options_.end_of_word_suffix.empty();
    if (prefixed || suffixed) {
      affixed = prefixed ? options_.continuing_subword_prefix : std::string();
      affixed += symbol;
      if (suffixed) affixed += options_.end_of_word_suffix;
      symbol = affixed;
    }
    const TokenId id = vocabulary_.find(symbol);
    if (id != kNoToken) {
      ids.push_back(id);
      unknown_before = false;
    } else if (!options_.byte_fallback || !add_bytes(symbol, ids)) {
      if (options_.unk_token && !(options_.fuse_unk && unknown_before)) {
        ids.push_back(*options_.unk_token);
      }
      unknown_before = true;
    }
  }
}

}  // namespace twin
