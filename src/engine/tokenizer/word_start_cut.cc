#include "engine/tokenizer/word_start_cut.h"

#include <algorithm>

namespace twin {
namespace {

constexpr std::string_view kSpace = "\u2581";

// The next place from `at` on where kSpace follows another character.
size_t word_start(std::string_view text, size_t at) {
  for (size_t found = at; (found = text.find(kSpace, found)) != std::string_view::npos;
       found += kSpace.size()) {
    if (found > 0 && !text.substr(0, found).ends_with(kSpace)) return found;
  }
  return std::string_view::npos;
}

class WordStartCut : public PreTokenizer {
 public:
  void cut(std::string_view text, PiecePosition /*position*/, PieceSink sink) const override {
    size_t begin = 0;
    while (begin < text.size()) {
      const size_t end = std::min(word_start(text, begin + 1), text.size());
      sink(text.substr(begin, end - begin));
      begin = end;
    }
  }
};

class UserDefinedCut : public PreTokenizer {
 public:
  explicit UserDefinedCut(ByteTrie tokens) : tokens_(std::move(tokens)) {}
  void cut(std::string_view text, PiecePosition /*position*/, PieceSink sink) const override {
    size_t begin = 0;
    for (size_t at = 0; at < text.size();) {
      const size_t length = tokens_.longest(text.substr(at)).length;
      if (length == 0) {
        ++at;
        continue;
      }
      if (at > begin) sink(text.substr(begin, at - begin));
      sink(text.substr(at, length));
      begin = at += length;
    }
    if (begin < text.size()) sink(text.substr(begin));
  }

 private:
  ByteTrie tokens_;
};

}  // namespace

bool words_are_independent(const Vocabulary& vocabulary, const std::vector<bool>& mergeable) {
  if (vocabulary.find(kSpace) == kNoToken) return false;
  for (size_t i = 0; i < vocabulary.size(); ++i) {
    const std::string& token = vocabulary[static_cast<TokenId>(i)];
    if (mergeable[i] && word_start(token, 0) != std::string_view::npos) return false;
  }
  return true;
}

std::unique_ptr<PreTokenizer> make_word_start_cut() { return std::make_unique<WordStartCut>(); }

std::unique_ptr<PreTokenizer> make_user_defined_cut(ByteTrie tokens) {
  return std::make_unique<UserDefinedCut>(std::move(tokens));
}

}  // namespace twin
