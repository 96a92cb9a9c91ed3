#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "engine/generate/sampling_options.h"

namespace twin {

// The log-probability of one token under the model's own distribution: before bias, penalties,
// constraint, temperature and filters.
struct TokenLogprob {
  int32_t id = 0;
  float logprob = 0;
};

// A chosen token and its likeliest alternatives, likeliest first (the chosen one may be among
// them).
struct TokenLogprobs {
  TokenLogprob chosen;
  std::vector<TokenLogprob> top;
};

// Chooses the tokens of one sequence. Same seed and same logits, same ids on every platform: no
// function of the C library decides, and this file is compiled without fused multiply-add.
// Allocates nothing per token once its buffers have grown (but for top_logprobs). One thread at a
// time.
class Sampler {
 public:
  // `prompt` counts for repetition_penalty. Errors: those of check_sampling.
  Sampler(const SamplingOptions& options, size_t vocab_size, std::span<const int32_t> prompt);

  // The next token, from logits (V), which are overwritten; counts it for the penalties.
  // `allowed`: a bit per id (word id / 64, bit id % 64), or empty: all.
  // Draws exactly one random number unless temperature is 0.
  // Errors: kFailed where no allowed logit is a finite number.
  int32_t next(std::span<float> logits, std::span<const uint64_t> allowed = {});

  // Of the last token; requires options.logprobs.
  const TokenLogprobs& logprobs() const { return logprobs_; }

 private:
  struct Seen {
    int32_t id;
    uint32_t in_output;
  };
  struct Candidate {
    float key;  // least first
    float weight;
    int32_t id;
  };

  void count(int32_t id, uint32_t in_output);
  void penalize(std::span<float> logits) const;
  void note_logprobs(int32_t chosen);
  float kth_largest(std::span<const float> logits, size_t k);
  int32_t draw(std::span<const float> logits, float most);
  void keep_typical();
  static size_t fewest_reaching(std::span<Candidate> candidates, double wanted);

  SamplingOptions options_;
  Random random_;
  std::vector<Seen> seen_;
  std::vector<int32_t> seen_at_;  // (V) index into seen_, -1: not seen; empty: no penalties
  std::vector<float> raw_;        // (V) the model's own logits, with logprobs
  std::vector<float> weights_;    // (V) exp((logit - most) / temperature)
  std::vector<float> largest_;
  std::vector<Candidate> candidates_;
  TokenLogprobs logprobs_;
};

}  // namespace twin
