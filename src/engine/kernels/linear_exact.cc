#include <algorithm>

#include "base/error.h"
#include "engine/kernels/linear.h"
#include "engine/tensor/blocks.h"

namespace twin::kernels {
namespace {

// Floats of W at a time: 16 MB, so many rows that a product's packing of its other operand does not
// count.
constexpr size_t kPieceFloats = size_t{1} << 22;

// Calls body(first row, rows, their values (rows, W.cols)) for all of W, piece after piece. F32
// that lies at a float's address is one piece where it lies.
template <class Body>
void for_pieces(Context& context, const Matrix& W, const Body& body) {
  const bool in_place =
      W.dtype == DType::kF32 && reinterpret_cast<uintptr_t>(W.data) % alignof(float) == 0;
  if (in_place) return body(0, W.rows, static_cast<const float*>(W.data));
  const size_t most = std::clamp<size_t>(kPieceFloats / W.cols, 1, W.rows);
  const std::unique_ptr<float[]> values(new float[most * W.cols]);
  for (size_t first = 0; first < W.rows; first += most) {
    const size_t rows = std::min(most, W.rows - first);
    context.threads.parallel_for(rows, [&](size_t begin, size_t end, size_t) {
      for (size_t r = begin; r < end; ++r) {
        dequantize(W.dtype, W.row(first + r), {values.get() + r * W.cols, W.cols});
      }
    });
    body(first, rows, values.get());
  }
}

}  // namespace

void linear_exact(Context& context, const Kernels& kernels, size_t M, const float* x,
                  const Matrix& W, float* y, bool accumulate) {
  const size_t K = W.cols;
  for_pieces(context, W, [&](size_t first, size_t rows, const float* values) {
    matmul(context, kernels, M, rows, K, {x, K, 1}, {values, 1, K}, y + first, W.rows, accumulate);
  });
}

void linear_exact_backward(Context& context, const Kernels& kernels, size_t M, const float* dy,
                           const Matrix& W, float* dx, bool accumulate) {
  for_pieces(context, W, [&](size_t first, size_t rows, const float* values) {
    matmul(context, kernels, M, W.cols, rows, {dy + first, W.rows, 1}, {values, W.cols, 1}, dx,
           W.cols, accumulate || first > 0);
  });
}

}  // namespace twin::kernels
