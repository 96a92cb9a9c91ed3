#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/learn/preference.h"
#include "engine/tokenizer/tokenizer.h"
#include "stores/documents/document_store.h"
#include "training/datasets/dataset.h"

namespace twin {

// A passage of the author, and what a model wrote for its prompt.
struct OwnPair {
  Sample sample;         // its target is the chosen, verbatim
  std::string rejected;  // empty: there is none
  std::string reason;    // why there is none
  size_t chosen_tokens = 0, rejected_tokens = 0;
  size_t redrawn = 0;  // answers that were not taken before it
  // Of the rejected: its 8-word runs, and how many of them stand in the texts learnt from.
  size_t eight_grams = 0, copied_eight_grams = 0;
};

// A line of docs/formats/own_pairs.md.
OrderedJson to_json(const OwnPair& pair);
// Throws Json::exception or Error where it is none.
OwnPair own_pair_from_json(const Json& line);

// Reads pairs and verifies each chosen against its document. Errors: kBadInput naming file and
// line.
std::vector<OwnPair> load_own_pairs(const std::filesystem::path& file, const DocumentStore& store);

// The ids before a pair's two answers, in a model of `context` tokens: as fit_samples() has them.
std::vector<TokenId> prompt_of(const Tokenizer& tokenizer, const Sample& sample, size_t context);

// A pair as it is learnt: prompt and answers, no end token behind either: where the rejected ends
// was decided by its length. Requires a rejected.
PreferencePair tokens_of(const Tokenizer& tokenizer, const OwnPair& pair, size_t context);

struct OwnPairStatistics {
  size_t pairs = 0;
  std::map<std::string, size_t> left_out;  // by reason
  size_t redrawn = 0;
  size_t chosen_tokens = 0, rejected_tokens = 0;
  double length_ratio = 0;  // mean of rejected's tokens over chosen's
  double longer_share = 0;  // of pairs whose rejected is longer; ties count half
  double copied_share = 0;  // of the rejecteds' 8-word runs
};
OwnPairStatistics statistics_of(const std::vector<OwnPair>& pairs);
Json to_json(const OwnPairStatistics& statistics);

}  // namespace twin
