#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/context.h"
#include "engine/kernels/kernels.h"
#include "engine/model/lora.h"
#include "engine/model/weights.h"

namespace twin {

// Keys and values of one sequence, all layers, as far as it has been computed.
class KvCache {
 public:
  KvCache(const DecoderConfig& config, size_t capacity);
  size_t length() const { return length_; }
  size_t capacity() const { return capacity_; }
  // Forgets all positions from `length` on.
  void truncate(size_t length);

 private:
  friend class Decoder;
  size_t length_ = 0;
  size_t capacity_;
  size_t row_;                 // KV * D
  std::vector<float> keys_;    // (L, capacity, KV, D), rotated
  std::vector<float> values_;  // (L, capacity, KV, D)
};

// A stretch of a batch's tokens that attends to itself alone, and to its cache where it has one.
struct Segment {
  size_t length = 0;
  KvCache* cache = nullptr;  // positions go on from cache->length(), which then grows by `length`
};

// Tokens of several sequences, one after the other: no padding. The segments' lengths add up to the
// number of tokens; a segment without a cache starts at position 0.
struct Batch {
  std::span<const int32_t> tokens;  // (N), each in [0, V)
  std::span<const Segment> segments;
};

struct Activations;  // what backward needs of a forward; reused from step to step
struct ActivationsDeleter {
  void operator()(Activations* a) const;
};
using ActivationsPtr = std::unique_ptr<Activations, ActivationsDeleter>;

// The Llama decoder: RMSNorm, rotary embeddings, grouped-query attention, SwiGLU. One
// implementation for generation, training and evaluation. Source: Touvron et al. 2023,
// arXiv:2302.13971; Hugging Face transformers' modeling_llama.py.
//
// Holds no state of a sequence: that is in the caches and activations passed in. One call at a
// time.
class Decoder {
 public:
  // `weights` and `adapter` outlive the decoder. `adapter` may be null.
  Decoder(Context& context, const kernels::Kernels& kernels, const DecoderWeights& weights,
          const LoraAdapter* adapter = nullptr);
  ~Decoder();

  const DecoderConfig& config() const { return weights_.config(); }
  const kernels::Kernels& kernels() const { return kernels_; }

  // hidden (N, C): the last layer's output after the final norm, for each token of the batch.
  // With `activations`, also keeps there what backward() needs; segments then have no cache.
  // Errors: kBadInput for a token outside the vocabulary; kBadInput, with both lengths, where a
  // sequence would outgrow its cache or max_position_embeddings.
  void forward(const Batch& batch, std::span<float> hidden, Activations* activations = nullptr);

  // logits (rows, V) of hidden rows (rows, C).
  void logits(std::span<const float> hidden, std::span<float> logits);

  // Adds to `grads` (and `adapter_grads`) the gradients that follow from dhidden (N, C), for the
  // batch of the last forward with these activations. Either may be null: nothing is computed for
  // it (base weights stay frozen under LoRA). The lm_head's gradient is not made here: see
  // learn/cross_entropy.h.
  void backward(const Batch& batch, std::span<const float> dhidden, Activations& activations,
                DecoderWeights* grads, LoraAdapter* adapter_grads);

  static ActivationsPtr make_activations();
  // Bytes forward() keeps for backward() on N tokens whose longest segment has T.
  static size_t activation_bytes(const DecoderConfig& config, size_t N, size_t T, bool lora);

 private:
  struct Scratch;
  Context& context_;
  const kernels::Kernels& kernels_;
  const DecoderWeights& weights_;
  const LoraAdapter* adapter_;
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace twin
