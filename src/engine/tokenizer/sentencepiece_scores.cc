#include "engine/tokenizer/sentencepiece_scores.h"

#include <algorithm>

#include "engine/tokenizer/utf8.h"

namespace twin {

std::vector<float> scores_of_merges(const Vocabulary& vocabulary,
                                    const std::vector<std::pair<TokenId, TokenId>>& merges) {
  std::vector<float> scores(vocabulary.size(), 0);
  std::vector<bool> ranked(vocabulary.size(), false);
  TokenId before = kNoToken;
  float next = 0;
  for (const auto& [left, right] : merges) {
    const TokenId made = vocabulary.find(vocabulary[left] + vocabulary[right]);
    if (made == kNoToken) return {};
    if (made == before) continue;
    if (ranked[static_cast<size_t>(made)]) return {};
    ranked[static_cast<size_t>(made)] = true;
    scores[static_cast<size_t>(made)] = next--;
    before = made;
  }
  for (size_t id = 0; id < scores.size(); ++id) {
    if (!ranked[id]) scores[id] = next;
  }
  return scores;
}

std::vector<std::pair<TokenId, TokenId>> merges_of_scores(const Vocabulary& vocabulary,
                                                          const std::vector<bool>& mergeable,
                                                          const std::vector<float>& scores) {
  std::vector<TokenId> order;
  for (size_t id = 0; id < vocabulary.size(); ++id) {
    if (mergeable[id]) order.push_back(static_cast<TokenId>(id));
  }
  std::stable_sort(order.begin(), order.end(), [&](TokenId a, TokenId b) {
    return scores[static_cast<size_t>(a)] > scores[static_cast<size_t>(b)];
  });
  std::vector<std::pair<TokenId, TokenId>> merges;
  for (TokenId id : order) {
    const std::string_view token = vocabulary[id];
    for (size_t cut = character_length(token[0]); cut < token.size();
         cut += character_length(token[cut])) {
      const TokenId left = vocabulary.find(token.substr(0, cut));
      const TokenId right = vocabulary.find(token.substr(cut));
      if (left == kNoToken || right == kNoToken) continue;
      if (mergeable[static_cast<size_t>(left)] && mergeable[static_cast<size_t>(right)]) {
        merges.emplace_back(left, right);
      }
    }
  }
  return merges;
}

}  // namespace twin
