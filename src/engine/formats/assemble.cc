#include "engine/formats/assemble.h"

#include <fmt/format.h>

#include "base/error.h"
#include "engine/model/parameter_block.h"
#include "engine/tensor/blocks.h"

namespace twin {

void check_tensor(const TensorView* tensor, const std::string& name,
                  const std::vector<size_t>& shape, const std::string& where) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: tensor '{}' {}", where, name, what));
  };
  if (tensor == nullptr) refuse("is missing");
  if (tensor->shape != shape) {
    refuse(fmt::format("has shape ({}); expected ({})", fmt::join(tensor->shape, ", "),
                       fmt::join(shape, ", ")));
  }
  const DType dtype = tensor->dtype;
  if (dtype == DType::kI64 || dtype == DType::kI32 || dtype == DType::kU8) {
    refuse(fmt::format("is of {}; expected numbers with a fraction", dtype_info(dtype).name));
  }
  const size_t block = dtype_info(dtype).block;
  if (shape.back() % block != 0) {
    refuse(fmt::format("has rows of {} in blocks of {}", shape.back(), block));
  }
}

void assemble(DecoderTensors& tensors, const std::string& where, const FindTensor& find,
              float norm_offset) {
  const std::vector<TensorSlot> slots = tensor_slots(tensors);
  size_t count = 0;  // values in vectors
  for (const TensorSlot& slot : slots) {
    check_tensor(find(slot.name), slot.name, slot.shape, where);
    if (slot.vector != nullptr) count += slot.shape[0];
  }
  const std::shared_ptr<float[]> block = make_float_block(count);
  std::span<float> left(block.get(), count);
  for (const TensorSlot& slot : slots) {
    const TensorView& found = *find(slot.name);
    if (slot.matrix != nullptr) {
      *slot.matrix = {found.dtype, slot.shape[0], slot.shape[1], found.bytes.data()};
      continue;
    }
    const std::span<float> values = left.first(slot.shape[0]);
    dequantize(found.dtype, found.bytes.data(), values);
    if (slot.name.ends_with("norm.weight")) {
      for (float& x : values) x += norm_offset;
    }
    *slot.vector = values;
    left = left.subspan(values.size());
  }
  share_embeddings(tensors);
  tensors.owners.push_back(block);
}

}  // namespace twin
