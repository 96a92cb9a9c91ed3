#include "engine/tokenizer/unigram_model.h"

#include <algorithm>
#include <limits>

#include "engine/tokenizer/utf8.h"

namespace twin {
namespace {

constexpr double kUnknownPenalty = 10;

}  // namespace

UnigramModel::UnigramModel(const Vocabulary& vocabulary, UnigramOptions options)
    : vocabulary_(vocabulary), options_(std::move(options)) {
  double lowest = std::numeric_limits<double>::max();
  highest_ = std::numeric_limits<double>::lowest();
  for (size_t i = 0; i < vocabulary.size(); ++i) {
    // SentencePiece looks at its own pieces alone, the package at every score.
    if (!options_.sentencepiece || (options_.usable[i] && !options_.user_defined[i])) {
      lowest = std::min(lowest, options_.scores[i]);
      highest_ = std::max(highest_, options_.scores[i]);
    }
    if (options_.usable[i]) {
      trie_.add(vocabulary[static_cast<TokenId>(i)], static_cast<int32_t>(i));
    }
  }
  unknown_score_ = lowest - kUnknownPenalty;
  if (options_.sentencepiece) unknown_score_ = static_cast<float>(unknown_score_);
}

void UnigramModel::offer(Best& best, double score, size_t length, TokenId id) const {
  if (options_.sentencepiece) score = static_cast<float>(score);
  if (best.length != 0 && score <= best.score) return;
  best.score = score;
  best.length = static_cast<uint32_t>(length);
  best.id = id;
}

void UnigramModel::put_unknown(std::string_view text, std::vector<TokenId>& ids) const {
  // A run of unknown characters may be a token as a whole, in the package.
  if (const TokenId whole = vocabulary_.find(text); whole != kNoToken && !options_.sentencepiece) {
    ids.push_back(whole);
    return;
  }
  const auto id_of = [&](char c) { return options_.id_of_byte[static_cast<unsigned char>(c)]; };
  if (std::all_of(text.begin(), text.end(), [&](char c) { return id_of(c) != kNoToken; })) {
    for (char c : text) ids.push_back(id_of(c));
  } else if (options_.unk_token) {
    ids.push_back(*options_.unk_token);
  }
}

void UnigramModel::encode(std::string_view piece, std::vector<TokenId>& ids) const {
  std::vector<Best> best(piece.size() + 1);  // of the text up to each byte
  for (size_t begin = 0; begin < piece.size();) {
    const size_t character = character_length(piece[begin]);
    const double here = best[begin].score;
    bool whole_character = false;
    uint32_t node = ByteTrie::kRoot;
    for (size_t end = begin; end < piece.size();) {
      node = trie_.step(node, piece[end]);
      if (node == ByteTrie::kNowhere) break;
      ++end;
      const int32_t id = trie_.value(node);
      if (id == ByteTrie::kNoValue) continue;
      const size_t length = end - begin;
      const double score = options_.user_defined[static_cast<size_t>(id)]
                               ? static_cast<double>(length) * highest_ - 0.1
                               : options_.scores[static_cast<size_t>(id)];
      offer(best[end], score + here, length, id);
      whole_character = whole_character || length == character;
    }
    if (!whole_character) {
      offer(best[begin + character], unknown_score_ + here, character, kNoToken);
    }
    begin += character;
  }
  // From the end: unknown characters beside one another are one run.
  struct Segment {
    size_t begin, end;
    TokenId id;
  };
  std::vector<Segment> segments;
  for (size_t end = piece.size(); end > 0;) {
    const size_t begin = end - best[end].length;
    const TokenId id = best[end].id;
    if (id == kNoToken && !segments.empty() && segments.back().id == kNoToken) {
      segments.back().begin = begin;
    } else {
      segments.push_back({begin, end, id});
    }
    end = begin;
  }
  for (auto s = segments.rbegin(); s != segments.rend(); ++s) {
    if (s->id != kNoToken) {
      ids.push_back(s->id);
    } else {
      put_unknown(piece.substr(s->begin, s->end - s->begin), ids);
    }
  }
}

}  // namespace twin
