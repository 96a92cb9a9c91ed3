#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/context.h"
#include "engine/kernels/kernels.h"
#include "engine/kernels/linear.h"
#include "engine/model/kv_cache.h"
#include "engine/model/lora.h"
#include "engine/model/tensors.h"
#include "engine/model/weights.h"

namespace twin {

// A stretch of a batch's tokens that attends to itself alone, and to its cache where it has one.
struct Segment {
  size_t length = 0;
  KvCache* cache = nullptr;  // positions go on from cache->length(), which then grows by `length`
  const LoraAdapter* adapter = nullptr;  // null: the base model alone
};

// Up to this many tokens, a segment with a cache is computed row by row: what forward() gives for a
// token is then the same bits alone, behind others in one segment, and beside any other segments.
inline constexpr size_t kFewTokens = 16;

// What training adds at random, the same bits for the same seed wherever it is computed again.
struct TrainingNoise {
  uint64_t seed = 0;        // another for each batch
  float neftune_alpha = 0;  // embeddings get uniform noise within alpha / sqrt(length C). Source:
                            // Jain et al. 2023, arXiv:2310.05914
  // Where this batch lies in the one that the noise is of: a part has what the whole would have.
  size_t first_segment = 0, first_row = 0;
};

// Tokens of several sequences, one after the other: no padding. The segments' lengths add up to the
// number of tokens; a segment without a cache starts at position 0.
struct Batch {
  std::span<const int32_t> tokens;  // (N), each in [0, V)
  std::span<const Segment> segments;
  // Null: none, and no dropout either. Without caches alone.
  const TrainingNoise* noise = nullptr;
};

// How a forward and backward pass are computed.
struct TrainingPass {
  // Of these first layers only the inputs are kept: backward() computes the rest again, to the same
  // bits, but for the last product (gradient checkpointing).
  size_t recomputed_layers = 0;
  kernels::Compute compute = kernels::Compute::kF32;
};

struct Activations;  // what backward needs of a forward; reused from step to step
struct ActivationsDeleter {
  void operator()(Activations* a) const;
};
using ActivationsPtr = std::unique_ptr<Activations, ActivationsDeleter>;

// The decoder of Llama and its relatives: RMSNorm, rotary embeddings, grouped-query attention, a
// gated MLP, and what DecoderConfig switches on. One implementation for generation, training and
// evaluation. Source: Touvron et al. 2023, arXiv:2302.13971; Hugging Face transformers'
// modeling_{llama,mistral,qwen2,qwen3,gemma3}.py.
//
// Holds no state of a sequence: that is in the caches and activations passed in. One call at a
// time. A segment's result does not depend on the other segments of its batch.
class Decoder {
 public:
  Decoder(Context& context, const kernels::Kernels& kernels, DecoderTensors tensors);
  ~Decoder();

  const DecoderConfig& config() const { return tensors_.config; }
  const DecoderTensors& tensors() const { return tensors_; }
  const kernels::Kernels& kernels() const { return kernels_; }

  // hidden (N, C): the last layer's output after the final norm, for each token of the batch.
  // With `activations`, also keeps there what backward() needs; segments then have no cache and
  // share one adapter.
  // Errors: kBadInput for a token outside the vocabulary; kBadInput, with both lengths, where a
  // sequence would outgrow its cache or max_position_embeddings.
  void forward(const Batch& batch, std::span<float> hidden, Activations* activations = nullptr);

  // logits (rows, V) of hidden rows (rows, C). kFew: a row's logits do not depend on the others.
  void logits(std::span<const float> hidden, std::span<float> logits,
              kernels::Rows rows = kernels::Rows::kFew);

  // Adds to `grads` (and `adapter_grads`) the gradients that follow from dhidden (N, C), for the
  // batch of the last forward with these activations. Either may be null: nothing is computed for
  // it (base weights stay frozen under LoRA). The lm_head's gradient is not made here: see
  // learn/cross_entropy.h. Gradients are those of the weights' stored values
  // (kernels::training_linear()).
  void backward(const Batch& batch, std::span<const float> dhidden, Activations& activations,
                DecoderWeights* grads, LoraAdapter* adapter_grads);

  static ActivationsPtr make_activations(const TrainingPass& pass = {});
  // Bytes forward() keeps for backward() on N tokens whose longest segment has T.
  static size_t activation_bytes(const DecoderConfig& config, size_t N, size_t T, bool lora,
                                 size_t recomputed_layers = 0);

 private:
  struct Scratch;
  void forward_layer(const struct ForwardStep& step);
  void backward_layer(const struct BackwardStep& step);

  Context& context_;
  const kernels::Kernels& kernels_;
  DecoderTensors tensors_;
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace twin
