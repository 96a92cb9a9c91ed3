#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/context.h"
#include "engine/kernels/kernels.h"
#include "engine/model/encoder_tensors.h"

namespace twin {

// What an encoder's products are computed in; everything between them is f32.
enum class EncoderCompute {
  kF32,
  kBf16,  // bfloat16's precision or better: integers of 13 bits with a scale per 128 values
  kInt8   // weights as int8, activations as 7 bits, with a scale per 128 values
};

// Texts one after the other, without padding: a text attends to itself alone.
struct EncoderBatch {
  std::span<const int32_t> tokens;    // (N), each in [0, V)
  std::span<const int32_t> types;     // (N), token types; empty: all 0
  std::span<const uint32_t> lengths;  // of the texts; they add up to N
};

// BERT: a bidirectional encoder with norms behind attention and MLP. One implementation for
// embedding and reranking. Source: Devlin et al. 2018, arXiv:1810.04805; Hugging Face transformers'
// modeling_bert.py.
//
// Thread-safe: calls at the same time share nothing but the weights. A text's rows do not depend on
// the others of its batch, nor on the number of threads. Inside a worker of the context's pool a
// call runs on that thread alone.
class Encoder {
 public:
  Encoder(Context& context, const kernels::Kernels& kernels, EncoderTensors tensors,
          EncoderCompute compute = EncoderCompute::kF32);
  ~Encoder();

  const EncoderConfig& config() const { return tensors_.config; }
  const EncoderTensors& tensors() const { return tensors_; }
  EncoderCompute compute() const { return compute_; }

  // hidden (N, C): the last layer's output for each token. Errors: kBadInput for a token or type
  // outside the vocabulary; kBadInput, with both lengths, for a text longer than
  // max_position_embeddings.
  void forward(const EncoderBatch& batch, std::span<float> hidden) const;

  // logits (texts, num_labels) of the same batch: the classifier over tanh of the pooled first rows
  // of hidden (N, C). Requires num_labels > 0 and no empty text.
  void logits(const EncoderBatch& batch, std::span<const float> hidden,
              std::span<float> logits) const;

 private:
  struct Weights;  // the products' own form
  class Pass;

  Context& context_;
  const kernels::Kernels& kernels_;
  EncoderTensors tensors_;
  EncoderCompute compute_;
  std::unique_ptr<Weights> weights_;
};

}  // namespace twin
