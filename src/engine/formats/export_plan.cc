#include "engine/formats/export_model.h"

#include <algorithm>

#include "engine/formats/families.h"
#include "engine/formats/gguf_config.h"

namespace twin {
namespace {

PlannedTensor planned(const TensorSlot& slot, DType dtype) {
  PlannedTensor tensor{.name = slot.name, .shape = slot.shape, .dtype = dtype, .source = {}};
  if (slot.matrix != nullptr) {
    tensor.source = *slot.matrix;
  } else {
    tensor.source = {DType::kF32, 1, slot.vector->size(), slot.vector->data()};
  }
  return tensor;
}

bool turns(const std::string& name) {
  return name.find(".q_proj.") != std::string::npos || name.find(".k_proj.") != std::string::npos;
}

// A bias of q or k is permuted as its rows are: one value a row.
void reorder(PlannedTensor& tensor, RowOrder order, size_t head_dim) {
  if (order == RowOrder::kSame || !turns(tensor.name)) return;
  tensor.order = order;
  tensor.head_dim = head_dim;
  if (tensor.shape.size() == 1) std::swap(tensor.source.rows, tensor.source.cols);
}

RowOrder order_to(bool interleaved, const DecoderConfig& config) {
  if (interleaved == config.rope_interleaved) return RowOrder::kSame;
  return interleaved ? RowOrder::kToInterleaved : RowOrder::kToHalfSplit;
}

}  // namespace

ExportPlan plan_gguf(const DecoderTensors& tensors, WeightTypes types) {
  DecoderTensors copy = tensors;
  const DecoderConfig& config = copy.config;
  const Family& family = family_of(config.model_type, "the model");
  const RowOrder order = order_to(family.gguf_interleaved, config);
  ExportPlan plan;
  for (const TensorSlot& slot : tensor_slots(copy)) {
    const DType dtype = slot.matrix == nullptr ? DType::kF32
                                               : matrix_type(types, config, slot.name,
                                                             slot.matrix->cols, slot.matrix->dtype);
    PlannedTensor tensor = planned(slot, dtype);
    reorder(tensor, order, config.head_dim);
    tensor.name = gguf_tensor_name(slot.name, config.sandwich_norms);
    plan.tensors.push_back(std::move(tensor));
  }
  plan.frequency_factors = rope_frequency_factors(config);
  if (const auto& factors = plan.frequency_factors; !factors.empty()) {
    plan.tensors.push_back({.name = "rope_freqs.weight",
                            .shape = {factors.size()},
                            .dtype = DType::kF32,
                            .source = {DType::kF32, 1, factors.size(), factors.data()}});
  }
  return plan;
}

ExportPlan plan_folder(const DecoderTensors& tensors, WeightTypes types) {
  DecoderTensors copy = tensors;
  const DecoderConfig& config = copy.config;
  const Family& family = family_of(config.model_type, "the model");
  const RowOrder order = order_to(false, config);
  const std::vector<TensorSlot> slots = tensor_slots(copy);
  const bool quantised = std::any_of(slots.begin(), slots.end(), [](const TensorSlot& slot) {
    return slot.matrix != nullptr && is_quantized(slot.matrix->dtype);
  });
  if (types == WeightTypes::kKeep && quantised) types = WeightTypes::kBF16;
  ExportPlan plan;
  for (const TensorSlot& slot : slots) {
    DType dtype = DType::kF32;
    if (slot.matrix != nullptr) {
      dtype = matrix_type(types, config, slot.name, slot.matrix->cols, slot.matrix->dtype);
    }
    PlannedTensor tensor = planned(slot, dtype);
    reorder(tensor, order, config.head_dim);
    if (family.norms_less_one && slot.name.ends_with("norm.weight")) tensor.offset = -1;
    plan.tensors.push_back(std::move(tensor));
  }
  // Vectors in the type of the matrices, as transformers has one for the whole model.
  const DType whole = plan.tensors.front().dtype;
  for (PlannedTensor& tensor : plan.tensors) {
    if (tensor.shape.size() == 1) tensor.dtype = whole;
  }
  return plan;
}

}  // namespace twin
