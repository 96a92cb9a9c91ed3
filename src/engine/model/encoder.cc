#include "engine/model/encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "engine/kernels/packed.h"
#include "engine/model/encoder_attention.h"
#include "engine/tensor/blocks.h"

namespace twin {

// The products of a layer, packed.
struct Encoder::Weights {
  struct Layer {
    kernels::PackedWeights qkv, attention_output, intermediate, output;
    std::vector<float> qkv_bias;
  };
  std::vector<Layer> layers;
  kernels::PackedWeights pooler, classifier;
};

namespace {

kernels::PackedForm form_of(EncoderCompute compute) {
  switch (compute) {
    case EncoderCompute::kBf16:
      return kernels::PackedForm::kWords;
    case EncoderCompute::kInt8:
      return kernels::PackedForm::kBytes;
    case EncoderCompute::kF32:
      break;
  }
  return kernels::PackedForm::kFloats;
}

}  // namespace

Encoder::Encoder(Context& context, const kernels::Kernels& kernels, EncoderTensors tensors,
                 EncoderCompute compute)
    : context_(context),
      kernels_(kernels),
      tensors_(std::move(tensors)),
      compute_(compute),
      weights_(std::make_unique<Weights>()) {
  check_config(tensors_.config);
  const size_t L = tensors_.config.num_hidden_layers;
  TWIN_CHECK(tensors_.layers.size() == L);
  const kernels::PackedParts& parts = kernels::packed_parts(kernels.isa);
  const auto pack = [&](kernels::PackedForm form, std::initializer_list<Matrix> matrices) {
    return kernels::PackedWeights(parts, form, {matrices.begin(), matrices.size()});
  };
  const kernels::PackedForm form = form_of(compute);
  weights_->layers.resize(L);
  context.threads.parallel_for(L, [&](size_t begin, size_t end, size_t) {
    for (size_t l = begin; l < end; ++l) {
      const EncoderTensors::Layer& w = tensors_.layers[l];
      Weights::Layer& layer = weights_->layers[l];
      layer.qkv = pack(form, {w.query.weight, w.key.weight, w.value.weight});
      for (const auto& bias : {w.query.bias, w.key.bias, w.value.bias}) {
        layer.qkv_bias.insert(layer.qkv_bias.end(), bias.begin(), bias.end());
      }
      layer.attention_output = pack(form, {w.attention_output.weight});
      layer.intermediate = pack(form, {w.intermediate.weight});
      layer.output = pack(form, {w.output.weight});
    }
  });
  if (tensors_.config.num_labels == 0) return;
  weights_->pooler = pack(kernels::PackedForm::kFloats, {tensors_.pooler.weight});
  weights_->classifier = pack(kernels::PackedForm::kFloats, {tensors_.classifier.weight});
}

Encoder::~Encoder() = default;

// One call of forward(): what it works in.
class Encoder::Pass {
 public:
  Pass(const Encoder& encoder, const EncoderBatch& batch, float* x)
      : encoder_(encoder),
        parts_(kernels::packed_parts(encoder.kernels_.isa)),
        batch_(batch),
        N_(batch.tokens.size()),
        C_(encoder.config().hidden_size),
        I_(encoder.config().intermediate_size),
        block_(block_rows(encoder.compute_)),
        x_(x) {
    qkv_.resize(N_ * 3 * C_);
    attended_.resize(N_ * C_);
    inner_.resize(std::min(N_, block_) * I_);
  }

  // x = norm(word + position + type).
  void embed() {
    const EncoderTensors& w = encoder_.tensors_;
    std::vector<float> part(C_);
    size_t n = 0;
    for (const uint32_t length : batch_.lengths) {
      for (size_t t = 0; t < length; ++t, ++n) {
        float* const row = x_ + n * C_;
        const auto type = batch_.types.empty() ? 0 : static_cast<size_t>(batch_.types[n]);
        dequantize(w.word_embeddings.dtype,
                   w.word_embeddings.row(static_cast<size_t>(batch_.tokens[n])), {row, C_});
        dequantize(w.token_type_embeddings.dtype, w.token_type_embeddings.row(type), part);
        encoder_.kernels_.axpy(C_, 1, part.data(), row);
        dequantize(w.position_embeddings.dtype, w.position_embeddings.row(t), part);
        norm(w.embeddings_norm, part.data(), row);
      }
    }
  }

  void layer(size_t l) {
    const EncoderTensors::Layer& w = encoder_.tensors_.layers[l];
    const Weights::Layer& m = encoder_.weights_->layers[l];
    const kernels::Kernels& kernels = encoder_.kernels_;
    for_blocks([&](size_t n, size_t rows) {
      multiply(rows, x_ + n * C_, m.qkv, m.qkv_bias.data(), qkv_.data() + n * 3 * C_, false);
    });
    encoder_attention(encoder_.context_, kernels, encoder_.config().num_attention_heads, C_,
                      batch_.lengths, qkv_.data(), attended_.data());
    const auto act =
        encoder_.config().hidden_act == EncoderAct::kGelu ? kernels.gelu : kernels.gelu_tanh;
    for_blocks([&](size_t n, size_t rows) {
      float* const x = x_ + n * C_;
      const auto normalize = [&](const EncoderTensors::Norm& by, std::span<const float> bias) {
        for (size_t i = 0; i < rows; ++i) norm(by, bias.data(), x + i * C_);
      };
      multiply(rows, attended_.data() + n * C_, m.attention_output, nullptr, x, true);
      normalize(w.attention_norm, w.attention_output.bias);
      multiply(rows, x, m.intermediate, nullptr, inner_.data(), false);
      for (size_t i = 0; i < rows; ++i) {
        act(I_, w.intermediate.bias.data(), inner_.data() + i * I_);
      }
      multiply(rows, inner_.data(), m.output, nullptr, x, true);
      normalize(w.output_norm, w.output.bias);
    });
  }

 private:
  // Rows handled together: so many that reading all weights once for them is little beside the
  // products, few enough that what lies between two products stays near. A multiple of most tiles.
  static size_t block_rows(EncoderCompute compute) {
    switch (compute) {
      case EncoderCompute::kF32:
        return 168;
      case EncoderCompute::kBf16:
        return 96;
      case EncoderCompute::kInt8:
        break;
    }
    return 48;
  }

  template <class Body>
  void for_blocks(const Body& body) {
    for (size_t n = 0; n < N_; n += block_) body(n, std::min(block_, N_ - n));
  }

  // row = norm(row + shift).
  void norm(const EncoderTensors::Norm& norm, const float* shift, float* row) const {
    encoder_.kernels_.layer_norm(C_, shift, norm.weight.data(), norm.bias.data(),
                                 encoder_.config().layer_norm_eps, row);
  }

  void multiply(size_t rows, const float* from, const kernels::PackedWeights& W, const float* bias,
                float* y, bool accumulate) const {
    kernels::packed_linear(encoder_.context_, parts_, rows, from, W.cols(), W, bias, y, W.rows(),
                           accumulate);
  }

  const Encoder& encoder_;
  const kernels::PackedParts& parts_;
  const EncoderBatch& batch_;
  const size_t N_, C_, I_, block_;
  float* const x_;               // (N, C)
  std::vector<float> qkv_;       // (N, 3 C)
  std::vector<float> attended_;  // (N, C)
  std::vector<float> inner_;     // (block, I)
};

namespace {

void check_batch(const EncoderConfig& config, const EncoderBatch& batch) {
  size_t total = 0;
  for (const uint32_t length : batch.lengths) {
    if (length > config.max_position_embeddings) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("a text of {} tokens is longer than the {} the model takes", length,
                              config.max_position_embeddings));
    }
    total += length;
  }
  TWIN_CHECK(total == batch.tokens.size());
  TWIN_CHECK(batch.types.empty() || batch.types.size() == total);
  const auto check = [](std::span<const int32_t> ids, size_t limit, const char* what) {
    for (const int32_t id : ids) {
      if (id >= 0 && static_cast<size_t>(id) < limit) continue;
      throw Error(ErrorCode::kBadInput,
                  fmt::format("{} {} is outside the model's {}", what, id, limit));
    }
  };
  check(batch.tokens, config.vocab_size, "token id");
  check(batch.types, config.type_vocab_size, "token type");
}

}  // namespace

void Encoder::forward(const EncoderBatch& batch, std::span<float> hidden) const {
  TWIN_CHECK(hidden.size() == batch.tokens.size() * config().hidden_size);
  check_batch(config(), batch);
  if (batch.tokens.empty()) return;
  Pass pass(*this, batch, hidden.data());
  pass.embed();
  for (size_t l = 0; l < config().num_hidden_layers; ++l) pass.layer(l);
}

void Encoder::logits(const EncoderBatch& batch, std::span<const float> hidden,
                     std::span<float> logits) const {
  const size_t C = config().hidden_size, labels = config().num_labels;
  const size_t texts = batch.lengths.size();
  TWIN_CHECK(labels > 0 && logits.size() == texts * labels);
  TWIN_CHECK(hidden.size() == batch.tokens.size() * C);
  std::vector<float> first(texts * C), pooled(texts * C);
  for (size_t i = 0, row = 0; i < texts; row += batch.lengths[i++]) {
    TWIN_CHECK(batch.lengths[i] > 0);
    std::copy_n(hidden.data() + row * C, C, first.data() + i * C);
  }
  const kernels::PackedParts& parts = kernels::packed_parts(kernels_.isa);
  kernels::packed_linear(context_, parts, texts, first.data(), C, weights_->pooler,
                         tensors_.pooler.bias.data(), pooled.data(), C, false);
  for (float& x : pooled) x = std::tanh(x);
  kernels::packed_linear(context_, parts, texts, pooled.data(), C, weights_->classifier,
                         tensors_.classifier.bias.data(), logits.data(), labels, false);
}

}  // namespace twin
