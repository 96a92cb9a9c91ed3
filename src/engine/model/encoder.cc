#include "engine/model/encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "engine/kernels/linear.h"
#include "engine/model/attention.h"
#include "engine/model/parameter_block.h"
#include "engine/tensor/blocks.h"
#include "engine/tensor/quantize.h"

namespace twin {

// The products of a layer, each in the type that the compute type multiplies by.
struct Encoder::Weights {
  struct Layer {
    Matrix query, key, value, attention_output, intermediate, output;
  };
  std::vector<Layer> layers;
  Matrix pooler, classifier;
  std::vector<std::shared_ptr<const void>> owners;

  // The matrix where it lies if it is of `dtype`, else converted into memory of ours.
  Matrix as(const Matrix& from, DType dtype) {
    if (from.empty() || from.dtype == dtype || from.cols % dtype_info(dtype).block != 0) {
      return from;
    }
    const size_t row_bytes = dtype_bytes(dtype, from.cols);
    const size_t floats = (from.rows * row_bytes + sizeof(float) - 1) / sizeof(float);
    std::shared_ptr<float[]> block = make_float_block(floats);
    auto* bytes = reinterpret_cast<std::byte*>(block.get());
    std::vector<float> values(from.cols);
    for (size_t r = 0; r < from.rows; ++r) {
      dequantize(from.dtype, from.row(r), values);
      quantize(dtype, values, bytes + r * row_bytes);
    }
    owners.push_back(block);
    return {dtype, from.rows, from.cols, bytes};
  }
};

Encoder::Encoder(Context& context, const kernels::Kernels& kernels, EncoderTensors tensors,
                 EncoderCompute compute)
    : context_(context),
      kernels_(kernels),
      tensors_(std::move(tensors)),
      compute_(compute),
      weights_(std::make_unique<Weights>()) {
  check_config(tensors_.config);
  TWIN_CHECK(tensors_.layers.size() == tensors_.config.num_hidden_layers);
  const DType dtype = compute == EncoderCompute::kInt8 ? DType::kQ8_0 : DType::kF32;
  for (const EncoderTensors::Layer& layer : tensors_.layers) {
    weights_->layers.push_back(
        {weights_->as(layer.query.weight, dtype), weights_->as(layer.key.weight, dtype),
         weights_->as(layer.value.weight, dtype),
         weights_->as(layer.attention_output.weight, dtype),
         weights_->as(layer.intermediate.weight, dtype), weights_->as(layer.output.weight, dtype)});
  }
  weights_->pooler = weights_->as(tensors_.pooler.weight, DType::kF32);
  weights_->classifier = weights_->as(tensors_.classifier.weight, DType::kF32);
}

Encoder::~Encoder() = default;

// One call of forward(): what it works in.
class Encoder::Pass {
 public:
  Pass(const Encoder& encoder, const EncoderBatch& batch, float* x)
      : encoder_(encoder),
        batch_(batch),
        N_(batch.tokens.size()),
        C_(encoder.config().hidden_size),
        I_(encoder.config().intermediate_size),
        x_(x),
        rows_(encoder.compute_ == EncoderCompute::kBf16 ? kernels::Rows::kFine
                                                        : kernels::Rows::kMany) {
    wide_.resize(N_ * std::max(4 * C_, I_));
    size_t first = 0;
    for (const uint32_t length : batch.lengths) {
      segments_.push_back({first, length, 0, nullptr, nullptr, false});
      first += length;
    }
  }

  // x = norm(word + position + type).
  void embed() {
    const EncoderTensors& w = encoder_.tensors_;
    rows([&](size_t begin, size_t end) {
      std::vector<float> part(C_);
      for (const attention::Segment& segment : segments_) {
        for (size_t t = 0; t < segment.T; ++t) {
          const size_t n = segment.first_row + t;
          if (n < begin || n >= end) continue;
          float* const row = x_ + n * C_;
          const auto type = batch_.types.empty() ? 0 : static_cast<size_t>(batch_.types[n]);
          const auto add = [&](const Matrix& table, size_t r) {
            dequantize(table.dtype, table.row(r), part);
            encoder_.kernels_.axpy(C_, 1, part.data(), row);
          };
          std::fill_n(row, C_, 0.0f);
          add(w.word_embeddings, static_cast<size_t>(batch_.tokens[n]));
          add(w.token_type_embeddings, type);
          dequantize(w.position_embeddings.dtype, w.position_embeddings.row(t), part);
          norm(w.embeddings_norm, part.data(), row);
        }
      }
    });
  }

  void layer(size_t l) {
    const EncoderTensors::Layer& w = encoder_.tensors_.layers[l];
    const Weights::Layer& m = encoder_.weights_->layers[l];
    float *const q = wide_.data(), *const k = q + N_ * C_, *const v = k + N_ * C_;
    float* const attended = v + N_ * C_;
    const kernels::Product products[] = {{m.query, q, C_}, {m.key, k, C_}, {m.value, v, C_}};
    kernels::linear(encoder_.context_, encoder_.kernels_, rows_, N_, x_, C_, products, false);
    rows([&](size_t begin, size_t end) {
      for (size_t n = begin; n < end; ++n) {
        encoder_.kernels_.axpy(C_, 1, w.query.bias.data(), q + n * C_);
        encoder_.kernels_.axpy(C_, 1, w.key.bias.data(), k + n * C_);
        encoder_.kernels_.axpy(C_, 1, w.value.bias.data(), v + n * C_);
      }
    });
    for (attention::Segment& segment : segments_) {
      segment.keys = k + segment.first_row * C_;
      segment.values = v + segment.first_row * C_;
    }
    const size_t H = encoder_.config().num_attention_heads, D = C_ / H;
    const attention::Shape shape{H, H, D, 1 / std::sqrt(static_cast<float>(D)), 0, false};
    attention::forward(encoder_.context_, encoder_.kernels_, shape, segments_, q, N_, attended,
                       nullptr);
    add_module(m.attention_output, w.attention_output.bias, w.attention_norm, attended);

    float* const inner = wide_.data();  // (N, I)
    multiply(m.intermediate, x_, inner, false);
    const auto act = encoder_.config().hidden_act == EncoderAct::kGelu
                         ? encoder_.kernels_.gelu
                         : encoder_.kernels_.gelu_tanh;
    rows([&](size_t begin, size_t end) {
      for (size_t n = begin; n < end; ++n) act(I_, w.intermediate.bias.data(), inner + n * I_);
    });
    add_module(m.output, w.output.bias, w.output_norm, inner);
  }

 private:
  template <class Body>
  void rows(const Body& body) {
    encoder_.context_.threads.parallel_for(
        N_, [&](size_t begin, size_t end, size_t) { body(begin, end); });
  }

  void norm(const EncoderTensors::Norm& norm, const float* shift, float* row) const {
    encoder_.kernels_.layer_norm(C_, shift, norm.weight.data(), norm.bias.data(),
                                 encoder_.config().layer_norm_eps, row);
  }

  void multiply(const Matrix& W, const float* from, float* y, bool accumulate) const {
    kernels::linear(encoder_.context_, encoder_.kernels_, rows_, N_, from, W.cols, W, y, W.rows,
                    accumulate);
  }

  // x = norm(x + from W^T + bias).
  void add_module(const Matrix& W, std::span<const float> bias, const EncoderTensors::Norm& w,
                  const float* from) {
    multiply(W, from, x_, true);
    rows([&](size_t begin, size_t end) {
      for (size_t n = begin; n < end; ++n) norm(w, bias.data(), x_ + n * C_);
    });
  }

  const Encoder& encoder_;
  const EncoderBatch& batch_;
  const size_t N_, C_, I_;
  float* const x_;  // (N, C)
  const kernels::Rows rows_;
  std::vector<float> wide_;  // q, k, v and attended (N, C each), or the MLP's inside (N, I)
  std::vector<attention::Segment> segments_;
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
  kernels::linear(context_, kernels_, kernels::Rows::kMany, texts, first.data(), C,
                  weights_->pooler, pooled.data(), C, false);
  for (size_t i = 0; i < texts * C; ++i)
    pooled[i] = std::tanh(pooled[i] + tensors_.pooler.bias[i % C]);
  kernels::linear(context_, kernels_, kernels::Rows::kMany, texts, pooled.data(), C,
                  weights_->classifier, logits.data(), labels, false);
  for (size_t i = 0; i < logits.size(); ++i) logits[i] += tensors_.classifier.bias[i % labels];
}

}  // namespace twin
