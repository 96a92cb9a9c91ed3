#pragma once

#include <utility>
#include <vector>

#include "engine/tokenizer/vocabulary.h"

namespace twin {

// SentencePiece orders merges by the score of what they make, Hugging Face lists them. Each way:

// Scores by which SentencePiece's BPE would merge in the order of `merges`; empty where no scores
// would, because what one token is made of stands at different places of the list.
std::vector<float> scores_of_merges(const Vocabulary& vocabulary,
                                    const std::vector<std::pair<TokenId, TokenId>>& merges);

// The merges that the scores amount to: every way to cut a token of `mergeable` into two others.
std::vector<std::pair<TokenId, TokenId>> merges_of_scores(const Vocabulary& vocabulary,
                                                          const std::vector<bool>& mergeable,
                                                          const std::vector<float>& scores);

}  // namespace twin
