#include "training/evaluation/held_out_loss.h"

#include <algorithm>

#include "base/progress.h"
#include "base/random.h"
#include "engine/learn/sequence_loss.h"
#include "training/datasets/dataset.h"
#include "training/datasets/fit.h"

namespace twin {
namespace {

constexpr size_t kResamples = 1000;

double per_token(double sum, size_t tokens) {
  return tokens == 0 ? 0 : sum / static_cast<double>(tokens);
}

// Percentile bootstrap of the change in loss per token, documents drawn with replacement.
Interval bootstrap_change(const std::vector<DocumentLoss>& documents, uint64_t seed) {
  if (documents.empty()) return {};
  Random random(seed);
  std::vector<double> changes(kResamples);
  for (double& change : changes) {
    double sum = 0;
    size_t tokens = 0;
    for (size_t i = 0; i < documents.size(); ++i) {
      const DocumentLoss& drawn = documents[random.below(documents.size())];
      sum += drawn.sft - drawn.base;
      tokens += drawn.tokens;
    }
    change = per_token(sum, tokens);
  }
  std::sort(changes.begin(), changes.end());
  return {changes[kResamples * 25 / 1000], changes[kResamples * 975 / 1000 - 1]};
}

// What follows from the documents.
HeldOutLoss summed(std::vector<DocumentLoss> documents, uint64_t seed) {
  HeldOutLoss result;
  for (const DocumentLoss& document : documents) {
    result.base += document.base;
    result.sft += document.sft;
    result.dpo += document.dpo;
    result.tokens += document.tokens;
  }
  result.base = per_token(result.base, result.tokens);
  result.sft = per_token(result.sft, result.tokens);
  result.dpo = per_token(result.dpo, result.tokens);
  result.change_95 = bootstrap_change(documents, seed);
  result.documents = std::move(documents);
  return result;
}

}  // namespace

HeldOutLoss held_out_loss(Context& context, const kernels::Kernels& kernels,
                          const DocumentStore& store, const Corpus& corpus,
                          const std::vector<DocumentSummary>& documents, const LanguageModel& base,
                          const LanguageModel& sft, const LanguageModel* dpo, uint64_t seed,
                          std::string_view label) {
  const Dataset dataset =
      build_dataset(store, documents, corpus.split, Split::kTest, SampleOptions{});
  const size_t longest = base.weights->config.max_position_embeddings;
  const FittedSamples fitted =
      fit_samples(*base.tokenizer, dataset.samples, {.context = longest, .loss_on_prompt = false});
  const size_t batch_tokens = std::max<size_t>(longest, 2048);
  size_t total = 0, done = 0;
  for (const TrainingSequence& sequence : fitted.sequences) total += sequence.tokens.size();
  const auto bar = context.progress.start(label, total * (dpo == nullptr ? 2 : 3));
  const auto losses_of = [&](const LanguageModel& model) {
    return sequence_losses(context, kernels, *model.weights, model.adapter.get(), fitted.sequences,
                           batch_tokens, [&](size_t tokens) { bar->update(done += tokens); });
  };
  const std::vector<SequenceLoss> before = losses_of(base), after = losses_of(sft);
  std::vector<SequenceLoss> preferring(fitted.sequences.size());
  if (dpo != nullptr) preferring = losses_of(*dpo);
  std::vector<DocumentLoss> losses;
  for (size_t i = 0; i < fitted.samples.size(); ++i) {
    const std::string& id = fitted.samples[i].document_id;
    if (losses.empty() || losses.back().document_id != id) losses.push_back({id, 0, 0, 0, 0});
    DocumentLoss& document = losses.back();
    document.base += before[i].loss_sum;
    document.sft += after[i].loss_sum;
    document.dpo += preferring[i].loss_sum;
    document.tokens += before[i].tokens;
  }
  return summed(std::move(losses), seed);
}

HeldOutLoss together(std::span<const HeldOutLoss> parts, uint64_t seed) {
  std::vector<DocumentLoss> documents;
  for (const HeldOutLoss& part : parts) {
    documents.insert(documents.end(), part.documents.begin(), part.documents.end());
  }
  return summed(std::move(documents), seed);
}

}  // namespace twin
