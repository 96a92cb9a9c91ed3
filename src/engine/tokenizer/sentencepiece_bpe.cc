#include "engine/tokenizer/sentencepiece_bpe.h"

#include <algorithm>
#include <queue>
#include <unordered_map>

#include "engine/tokenizer/utf8.h"

namespace twin {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

// A stretch of the piece, in a list; length 0: it has been joined to the one before.
struct Symbol {
  uint32_t begin = 0, length = 0;
  uint32_t before = kNone, next = kNone;
};

struct Candidate {
  float score = 0;
  uint32_t left = 0, right = 0;  // symbols
  uint32_t length = 0;           // of both when it was found: stale once that has changed
  bool operator<(const Candidate& other) const {
    return score != other.score ? score < other.score : left > other.left;
  }
};

class Merging {
 public:
  Merging(const Vocabulary& vocabulary, const SentencePieceBpeOptions& options,
          std::string_view piece)
      : vocabulary_(vocabulary), options_(options), piece_(piece) {
    for (std::string_view c : Characters(piece)) {
      const auto i = static_cast<uint32_t>(symbols_.size());
      symbols_.push_back({static_cast<uint32_t>(c.data() - piece.data()),
                          static_cast<uint32_t>(c.size()), i > 0 ? i - 1 : kNone, i + 1});
    }
    symbols_.back().next = kNone;
  }

  void run() {
    for (uint32_t i = 0; i + 1 < symbols_.size(); ++i) consider(i, i + 1);
    while (!queue_.empty()) {
      const Candidate top = queue_.top();
      queue_.pop();
      Symbol& left = symbols_[top.left];
      Symbol& right = symbols_[top.right];
      if (left.length == 0 || right.length == 0 || left.length + right.length != top.length) {
        continue;
      }
      left.length += right.length;
      right.length = 0;
      left.next = right.next;
      if (right.next != kNone) symbols_[right.next].before = top.left;
      consider(left.before, top.left);
      consider(top.left, left.next);
    }
  }

  template <class Put>
  void for_each_piece(const Put& put) const {
    for (uint32_t i = 0; i != kNone; i = symbols_[i].next) {
      put_used(piece_.substr(symbols_[i].begin, symbols_[i].length), put);
    }
  }

 private:
  void consider(uint32_t left, uint32_t right) {
    if (left == kNone || right == kNone) return;
    const uint32_t length = symbols_[left].length + symbols_[right].length;
    const std::string_view joined = piece_.substr(symbols_[left].begin, length);
    const TokenId id = vocabulary_.find(joined);
    if (id == kNoToken) return;
    queue_.push({options_.scores[static_cast<size_t>(id)], left, right, length});
    if (options_.unused[static_cast<size_t>(id)]) made_of_[joined] = symbols_[left].length;
  }

  // An unused token falls apart again into what it was joined from.
  template <class Put>
  void put_used(std::string_view text, const Put& put) const {
    std::vector<std::string_view> stack = {text};
    while (!stack.empty()) {
      const std::string_view top = stack.back();
      stack.pop_back();
      const TokenId id = vocabulary_.find(top);
      const auto parts = made_of_.find(top);
      if (id == kNoToken || !options_.unused[static_cast<size_t>(id)] || parts == made_of_.end()) {
        put(top, id);
      } else {
        stack.push_back(top.substr(parts->second));
        stack.push_back(top.substr(0, parts->second));
      }
    }
  }

  const Vocabulary& vocabulary_;
  const SentencePieceBpeOptions& options_;
  std::string_view piece_;
  std::vector<Symbol> symbols_;
  std::priority_queue<Candidate> queue_;
  std::unordered_map<std::string_view, uint32_t> made_of_;  // length of the left part
};

}  // namespace

void SentencePieceBpe::encode(std::string_view piece, std::vector<TokenId>& ids) const {
  const TokenId whole = vocabulary_.find(piece);
  if (whole != kNoToken && options_.user_defined[static_cast<size_t>(whole)]) {
    ids.push_back(whole);
    return;
  }
  if (piece.size() == 1 && static_cast<signed char>(piece[0]) < 0) {  // a byte that is no UTF-8
    const TokenId id = options_.id_of_byte[static_cast<unsigned char>(piece[0])];
    if (id != kNoToken) ids.push_back(id);
    return;
  }
  Merging merging(vocabulary_, options_, piece);
  merging.run();
  bool unknown_before = false;
  merging.for_each_piece([&](std::string_view text, TokenId id) {
    if (id != kNoToken) {
      ids.push_back(id);
      unknown_before = false;
      return;
    }
    const auto id_of = [&](char c) { return options_.id_of_byte[static_cast<unsigned char>(c)]; };
    if (std::all_of(text.begin(), text.end(), [&](char c) { return id_of(c) != kNoToken; })) {
      for (char c : text) ids.push_back(id_of(c));
    } else if (options_.unk_token && !unknown_before) {
      ids.push_back(*options_.unk_token);
    }
    unknown_before = true;
  });
}

}  // namespace twin
