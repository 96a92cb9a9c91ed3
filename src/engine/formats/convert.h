#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "engine/tensor/tensor.h"

namespace twin {

// In which order the rows of q_proj and k_proj are written: as they are, or changed between the two
// layouts of a head's rotated pairs (DecoderConfig::rope_interleaved).
enum class RowOrder { kSame, kToInterleaved, kToHalfSplit };

// One tensor that is to be written, and what it is made of.
struct PlannedTensor {
  std::string name;           // as the file calls it
  std::vector<size_t> shape;  // row-major, as the file has it
  DType dtype;                // as the file has it
  Matrix source;              // (rows, cols) of any type that weights have; outlives the writing
  RowOrder order = RowOrder::kSame;
  size_t head_dim = 0;  // where the order changes
  float offset = 0;     // added to each value
  size_t bytes() const { return dtype_bytes(dtype, source.rows * source.cols); }
};

using Append = std::function<void(std::string_view bytes)>;

// Gives the tensor's bytes in pieces of a few megabytes, in order: copied where nothing changes,
// else converted on all threads. Errors: kBadInput naming the tensor where a value that is to be
// quantised is not finite; kInterrupted.
void convert(Context& context, const PlannedTensor& tensor, const Append& append);

// Parameters of all tensors, in bytes as they will be written.
size_t total_bytes(const std::vector<PlannedTensor>& tensors);

}  // namespace twin
