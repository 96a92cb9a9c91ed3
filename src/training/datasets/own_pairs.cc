#include "training/datasets/own_pairs.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "models/language_model.h"

namespace twin {
namespace {

TrainingSequence answer(const std::vector<TokenId>& prompt, const std::vector<TokenId>& text) {
  TrainingSequence sequence;
  sequence.tokens = prompt;
  sequence.tokens.insert(sequence.tokens.end(), text.begin(), text.end());
  sequence.loss_mask.assign(prompt.size(), 0);
  sequence.loss_mask.resize(sequence.tokens.size(), 1);
  return sequence;
}

double share(double part, size_t whole) {
  return whole == 0 ? 0 : part / static_cast<double>(whole);
}

}  // namespace

OrderedJson to_json(const OwnPair& pair) {
  OrderedJson json = to_json(pair.sample, "chosen");
  json["rejected"] = pair.rejected;
  json["reason"] = pair.reason;
  json["chosen_tokens"] = pair.chosen_tokens;
  json["rejected_tokens"] = pair.rejected_tokens;
  json["redrawn"] = pair.redrawn;
  json["eight_grams"] = pair.eight_grams;
  json["copied_eight_grams"] = pair.copied_eight_grams;
  return json;
}

OwnPair own_pair_from_json(const Json& line) {
  OwnPair pair;
  pair.sample = sample_from_json(line, "chosen");
  pair.rejected = line.at("rejected").get<std::string>();
  pair.reason = line.at("reason").get<std::string>();
  pair.chosen_tokens = line.at("chosen_tokens").get<size_t>();
  pair.rejected_tokens = line.at("rejected_tokens").get<size_t>();
  pair.redrawn = line.at("redrawn").get<size_t>();
  pair.eight_grams = line.at("eight_grams").get<size_t>();
  pair.copied_eight_grams = line.at("copied_eight_grams").get<size_t>();
  if (pair.rejected.empty() == pair.reason.empty()) {
    throw Error(ErrorCode::kBadInput, "expected either a \"rejected\" or a \"reason\"");
  }
  if (pair.rejected == pair.sample.target) {
    throw Error(ErrorCode::kBadInput, "\"chosen\" and \"rejected\" are the same");
  }
  return pair;
}

std::vector<OwnPair> load_own_pairs(const std::filesystem::path& file, const DocumentStore& store) {
  std::vector<OwnPair> pairs;
  read_verified(file, store, [&](const Json& line) {
    pairs.push_back(own_pair_from_json(line));
    return pairs.back().sample;
  });
  return pairs;
}

std::vector<TokenId> prompt_of(const Tokenizer& tokenizer, const Sample& sample, size_t context) {
  return render_prompt(tokenizer, sample.prompt, context / 2).ids;
}

PreferencePair tokens_of(const Tokenizer& tokenizer, const OwnPair& pair, size_t context) {
  TWIN_CHECK(!pair.rejected.empty());
  const std::vector<TokenId> prompt = prompt_of(tokenizer, pair.sample, context);
  return {answer(prompt, tokenizer.encode(pair.sample.target)),
          answer(prompt, tokenizer.encode(pair.rejected))};
}

OwnPairStatistics statistics_of(const std::vector<OwnPair>& pairs) {
  OwnPairStatistics result;
  double ratios = 0, longer = 0;
  size_t grams = 0, copied = 0;
  for (const OwnPair& pair : pairs) {
    result.redrawn += pair.redrawn;
    if (pair.rejected.empty()) {
      ++result.left_out[pair.reason];
      continue;
    }
    ++result.pairs;
    result.chosen_tokens += pair.chosen_tokens;
    result.rejected_tokens += pair.rejected_tokens;
    ratios += share(static_cast<double>(pair.rejected_tokens), pair.chosen_tokens);
    longer += pair.rejected_tokens > pair.chosen_tokens    ? 1
              : pair.rejected_tokens == pair.chosen_tokens ? 0.5
                                                           : 0;
    grams += pair.eight_grams;
    copied += pair.copied_eight_grams;
  }
  result.length_ratio = share(ratios, result.pairs);
  result.longer_share = share(longer, result.pairs);
  result.copied_share = share(static_cast<double>(copied), grams);
  return result;
}

Json to_json(const OwnPairStatistics& statistics) {
  return {{"pairs", statistics.pairs},
          {"left_out", statistics.left_out},
          {"redrawn", statistics.redrawn},
          {"chosen_tokens", statistics.chosen_tokens},
          {"rejected_tokens", statistics.rejected_tokens},
          {"length_ratio", statistics.length_ratio},
          {"longer_share", statistics.longer_share},
          {"copied_share", statistics.copied_share}};
}

}  // namespace twin
