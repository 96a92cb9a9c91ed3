#include "models/probe_logits.h"

namespace twin {

ProbeLogits::ProbeLogits(Context& context, const kernels::Kernels& kernels,
                         const LanguageModel& model,
                         const std::vector<std::vector<TokenId>>& sequences)
    : decoder_(context, kernels, *model.weights) {
  std::vector<TokenId> tokens;
  std::vector<Segment> segments;
  for (const std::vector<TokenId>& ids : sequences) {
    first_.push_back(tokens.size());
    tokens.insert(tokens.end(), ids.begin(), ids.end());
    if (!ids.empty()) segments.push_back({ids.size(), nullptr, model.adapter.get()});
  }
  hidden_.resize(tokens.size() * decoder_.config().hidden_size);
  if (!tokens.empty()) decoder_.forward({tokens, segments}, hidden_);
}

std::vector<float> ProbeLogits::at(size_t sequence, size_t position) {
  const size_t C = decoder_.config().hidden_size;
  std::vector<float> logits(decoder_.config().vocab_size);
  decoder_.logits(std::span(hidden_).subspan((first_[sequence] + position) * C, C), logits);
  return logits;
}

}  // namespace twin
