#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "engine/tensor/dtype.h"

namespace twin {

// One tensor of a file: bytes live as long as the file that owns them, and need not be aligned.
struct TensorView {
  DType dtype;
  std::vector<size_t> shape;
  std::string_view bytes;
};

// A matrix of weights where it lies: row-major, a linear layer is (out, in). Does not own its
// bytes, which need not be aligned.
struct Matrix {
  DType dtype = DType::kF32;
  size_t rows = 0, cols = 0;
  const void* data = nullptr;

  const std::byte* row(size_t r) const {
    return static_cast<const std::byte*>(data) + r * dtype_bytes(dtype, cols);
  }
  bool empty() const { return data == nullptr; }
};

}  // namespace twin
