#include "engine/learn/trainee.h"

#include <fmt/format.h>

#include "base/error.h"

namespace twin {
namespace {

// What Decoder::backward() and cross_entropy() read.
bool has_backward(DType dtype) { return dtype == DType::kF32; }

}  // namespace

Trainee::Trainee(DecoderWeights& weights) : tensors_(weights.tensors()), weights_(&weights) {}

Trainee::Trainee(DecoderTensors frozen, LoraAdapter& adapter)
    : tensors_(std::move(frozen)), adapter_(&adapter) {
  const std::string bad = untrainable_matrix(tensors_);
  if (!bad.empty()) {
    throw Error(
        ErrorCode::kBadInput,
        fmt::format("{}: no gradient can go through weights of this type; expected F32", bad));
  }
}

std::string untrainable_matrix(const DecoderTensors& tensors) {
  const auto describe = [](const std::string& name, const Matrix& matrix) {
    return fmt::format("{} ({})", name, dtype_info(matrix.dtype).name);
  };
  DecoderTensors copy = tensors;
  for (const TensorSlot& slot : tensor_slots(copy)) {
    // Rows of the embedding are only looked up.
    const bool looked_up = slot.matrix == &copy.embed_tokens && !tensors.config.tie_word_embeddings;
    if (slot.matrix != nullptr && !looked_up && !has_backward(slot.matrix->dtype)) {
      return describe(slot.name, *slot.matrix);
    }
  }
  return {};
}

}  // namespace twin
