#include "training/datasets/copied_share.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/generate/generate.h"

namespace twin {
namespace {

// Enough to see a model that has learnt by heart, in a few seconds.
constexpr size_t kPrompts = 8, kTokens = 64;

std::vector<TokenId> learnt_tokens(const TrainingSequence& sequence) {
  std::vector<TokenId> ids;
  for (size_t i = 0; i < sequence.tokens.size(); ++i) {
    if (sequence.loss_mask[i] != 0) ids.push_back(sequence.tokens[i]);
  }
  return ids;
}

}  // namespace

CopiedShare::CopiedShare(const Tokenizer& tokenizer, std::span<const TrainingSequence> learnt,
                         std::span<const TrainingSequence> validation)
    : tokenizer_(tokenizer) {
  for (size_t i = 0; i < learnt.size(); ++i) {
    meter_.add(fmt::format("{}", i), tokenizer.decode(learnt_tokens(learnt[i])));
  }
  for (const TrainingSequence& sequence : validation) {
    if (prompts_.size() == kPrompts) break;
    const auto first = std::find(sequence.loss_mask.begin() + 1, sequence.loss_mask.end(), 1);
    prompts_.emplace_back(sequence.tokens.begin(),
                          sequence.tokens.begin() + (first - sequence.loss_mask.begin()));
  }
}

double CopiedShare::measure(Context& context, const kernels::Kernels& kernels,
                            const DecoderTensors& tensors,
                            std::shared_ptr<const LoraAdapter> adapter) const {
  Decoder decoder(context, kernels, tensors);
  double copied = 0;
  size_t all = 0;
  for (const std::vector<TokenId>& prompt : prompts_) {
    if (prompt.size() >= tensors.config.max_position_embeddings) continue;
    GenerationRequest request;
    request.prompt = prompt;
    request.adapter = adapter;
    request.sampling.temperature = 0;
    request.sampling.max_new_tokens =
        std::min(kTokens, tensors.config.max_position_embeddings - prompt.size());
    if (const auto end = tokenizer_.eos_token_id()) request.sampling.stop_tokens = {*end};
    const CopyMeter::Result result =
        meter_.measure(tokenizer_.decode(generate(context, decoder, request).ids));
    copied += result.eight_gram_share * static_cast<double>(result.eight_grams);
    all += result.eight_grams;
  }
  return all == 0 ? 0 : copied / static_cast<double>(all);
}

}  // namespace twin
