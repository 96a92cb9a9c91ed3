#include "training/evaluation/held_out_preference.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "base/hashing.h"
#include "engine/learn/sequence_loss.h"
#include "style/statistics.h"
#include "training/datasets/draw_pairs.h"
#include "training/datasets/fit.h"
#include "training/evaluation/generated.h"

namespace twin {
namespace {

// value(i) of the i-th pair that has a rejected, by document: they are drawn whole.
std::vector<std::vector<double>> by_document(const std::vector<OwnPair>& pairs,
                                             const std::function<double(size_t)>& value) {
  std::vector<std::vector<double>> groups;
  std::string last;
  size_t i = 0;
  for (const OwnPair& pair : pairs) {
    if (pair.rejected.empty()) continue;
    if (groups.empty() || pair.sample.document_id != last) groups.emplace_back();
    last = pair.sample.document_id;
    groups.back().push_back(value(i++));
  }
  TWIN_CHECK(i > 0);
  return groups;
}

void add(OrderedJson& json, const std::string& name, const std::vector<std::vector<double>>& groups,
         uint64_t seed) {
  const Interval interval = bootstrap_mean(groups, seed);
  json[name] = mean_of(groups);
  json[name + "_95"] = {interval.low, interval.high};
}

}  // namespace

std::vector<AnswerLogProbs> answer_log_probs(Context& context, const kernels::Kernels& kernels,
                                             const LanguageModel& model,
                                             const std::vector<OwnPair>& pairs,
                                             size_t context_length) {
  std::vector<TrainingSequence> sequences;
  for (const OwnPair& pair : pairs) {
    if (pair.rejected.empty()) continue;
    PreferencePair tokens = tokens_of(*model.tokenizer, pair, context_length);
    sequences.push_back(std::move(tokens.chosen));
    sequences.push_back(std::move(tokens.rejected));
  }
  const std::vector<SequenceLoss> losses =
      sequence_losses(context, kernels, *model.weights, model.adapter.get(), sequences,
                      std::max<size_t>(context_length, 2048));
  std::vector<AnswerLogProbs> result;
  for (size_t i = 0; i < losses.size(); i += 2) {
    result.push_back(
        {-losses[i].loss_sum, -losses[i + 1].loss_sum, losses[i].tokens, losses[i + 1].tokens});
  }
  return result;
}

OrderedJson describe_preference(const std::vector<OwnPair>& pairs,
                                const std::vector<AnswerLogProbs>& log_probs, uint64_t seed) {
  OrderedJson json = OrderedJson::object();
  add(json, "share", by_document(pairs, [&](size_t i) { return log_probs[i].margin() > 0; }), seed);
  add(json, "share_total",
      by_document(pairs, [&](size_t i) { return log_probs[i].chosen > log_probs[i].rejected; }),
      seed);
  add(json, "margin", by_document(pairs, [&](size_t i) { return log_probs[i].margin(); }), seed);
  return json;
}

OrderedJson describe_reward(const std::vector<OwnPair>& pairs,
                            const std::vector<AnswerLogProbs>& policy,
                            const std::vector<AnswerLogProbs>& reference, uint64_t seed) {
  const auto margin = [&](size_t i) {
    return (policy[i].chosen - reference[i].chosen) - (policy[i].rejected - reference[i].rejected);
  };
  OrderedJson json = OrderedJson::object();
  add(json, "share", by_document(pairs, [&](size_t i) { return margin(i) > 0; }), seed);
  add(json, "margin", by_document(pairs, margin), seed);
  return json;
}

OrderedJson held_out_preference(Context& context, const kernels::Kernels& kernels,
                                const std::vector<Sample>& held_out, const CopyMeter& sources,
                                const PreferenceEvaluation& evaluation) {
  const size_t longest = evaluation.sft.model->weights->config.max_position_embeddings;
  const FittedSamples fitted = fit_samples(*evaluation.sft.model->tokenizer, held_out,
                                           {.context = longest, .loss_on_prompt = false});
  const std::vector<Sample> samples = spread(fitted.samples, evaluation.pairs);
  const auto drawn_from = [&](const JudgedModel& by, const char* name) {
    KeyHasher key;
    key.add("held-out pairs").add(by.key).add(static_cast<long long>(evaluation.sampling.seed));
    key.add(static_cast<double>(evaluation.sampling.temperature));
    key.add(static_cast<long long>(evaluation.sampling.top_k));
    key.add(static_cast<double>(evaluation.sampling.top_p));
    key.add(static_cast<long long>(evaluation.pairs));
    KeptItems kept =
        pairs_file(evaluation.folder / fmt::format("pairs-{}.jsonl", name), key.finish());
    kept.label = fmt::format("{} answers", name);
    return draw_pairs(context, kernels, *by.model, samples, sources, {evaluation.sampling, longest},
                      kept);
  };
  const auto judged_by = [&](const JudgedModel& by, const std::vector<OwnPair>& pairs) {
    return answer_log_probs(context, kernels, *by.model, pairs, longest);
  };
  const std::vector<OwnPair> pairs = drawn_from(evaluation.sft, "sft");
  const OwnPairStatistics statistics = statistics_of(pairs);
  if (statistics.pairs == 0) return nullptr;
  const std::vector<AnswerLogProbs> by_sft = judged_by(evaluation.sft, pairs);
  OrderedJson json = {
      {"answers", to_json(statistics)},
      {"base", describe_preference(pairs, judged_by(evaluation.base, pairs), evaluation.seed)},
      {"sft", describe_preference(pairs, by_sft, evaluation.seed)}};
  if (evaluation.dpo.model == nullptr) return json;
  const std::vector<AnswerLogProbs> by_dpo = judged_by(evaluation.dpo, pairs);
  json["dpo"] = describe_preference(pairs, by_dpo, evaluation.seed);
  json["dpo"]["reward"] = describe_reward(pairs, by_dpo, by_sft, evaluation.seed);
  const std::vector<OwnPair> own = drawn_from(evaluation.dpo, "dpo");
  const OwnPairStatistics own_statistics = statistics_of(own);
  if (own_statistics.pairs == 0) return json;
  json["dpo_own"] = describe_preference(own, judged_by(evaluation.dpo, own), evaluation.seed);
  json["dpo_own"]["answers"] = to_json(own_statistics);
  return json;
}

}  // namespace twin
