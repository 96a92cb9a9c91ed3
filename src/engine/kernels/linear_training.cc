#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/scratch.h"
#include "engine/tensor/blocks.h"

namespace twin::kernels {
namespace {

// Floats of W at a time: 16 MB, so many rows that a product's packing of its other operand does not
// count.
constexpr size_t kPieceFloats = size_t{1} << 22;
// Rows that are turned into columns together: a line of the columns.
constexpr size_t kTurned = 16;

// out (cols, rows) = the transposed (rows, cols) whose rows [r, r + count) fetch(r, count, to) puts
// behind one another.
template <class Fetch>
void transpose(Context& context, size_t rows, size_t cols, float* out, const Fetch& fetch) {
  context.threads.parallel_for(
      rows,
      [&](size_t begin, size_t end, size_t) {
        std::vector<float> lines(kTurned * cols);
        for (size_t r = begin; r < end; r += kTurned) {
          const size_t count = std::min(kTurned, end - r);
          fetch(r, count, lines.data());
          for (size_t c = 0; c < cols; ++c) {
            for (size_t i = 0; i < count; ++i) out[c * rows + r + i] = lines[i * cols + c];
          }
        }
      },
      kTurned);
}

void transpose(Context& context, size_t rows, size_t cols, const float* from, float* out) {
  transpose(context, rows, cols, out, [&](size_t r, size_t count, float* to) {
    std::copy_n(from + r * cols, count * cols, to);
  });
}

// Rows of W that are widened together.
size_t piece_rows(const Matrix& W) { return std::clamp<size_t>(kPieceFloats / W.cols, 1, W.rows); }

float* piece_memory(size_t floats) {
  return static_cast<float*>(thread_scratch<Slot::kWidened>(floats * sizeof(float)));
}

// Calls body(first row, rows, their values (rows, W.cols)) for all of W, piece after piece. F32
// that lies at a float's address is one piece where it lies.
template <class Body>
void for_pieces(Context& context, const Matrix& W, const Body& body) {
  const bool in_place =
      W.dtype == DType::kF32 && reinterpret_cast<uintptr_t>(W.data) % alignof(float) == 0;
  if (in_place) return body(0, W.rows, static_cast<const float*>(W.data));
  const size_t most = piece_rows(W);
  float* const values = piece_memory(most * W.cols);
  for (size_t first = 0; first < W.rows; first += most) {
    const size_t rows = std::min(most, W.rows - first);
    context.threads.parallel_for(rows, [&](size_t begin, size_t end, size_t) {
      for (size_t r = begin; r < end; ++r) {
        dequantize(W.dtype, W.row(first + r), {values + r * W.cols, W.cols});
      }
    });
    body(first, rows, values);
  }
}

// The same, the values turned: (W.cols, rows).
template <class Body>
void for_turned_pieces(Context& context, const Matrix& W, const Body& body) {
  const size_t most = piece_rows(W);
  float* const values = piece_memory(most * W.cols);
  for (size_t first = 0; first < W.rows; first += most) {
    const size_t rows = std::min(most, W.rows - first);
    transpose(context, rows, W.cols, values, [&](size_t r, size_t count, float* to) {
      for (size_t i = 0; i < count; ++i) {
        dequantize(W.dtype, W.row(first + r + i), {to + i * W.cols, W.cols});
      }
    });
    body(first, rows, values);
  }
}

bool is_half(DType dtype) { return dtype == DType::kF16 || dtype == DType::kBF16; }

bool multiplies_bf16(const Kernels& kernels) { return kernels.isa == Isa::kAvx512Bf16; }

// Up to two operands of a product as bfloat16, the calling thread's until its next call.
class Halves {
 public:
  Halves(Context& context, const Kernels& kernels, size_t count)
      : context_(context),
        kernels_(kernels),
        next_(static_cast<bf16*>(thread_scratch<Slot::kHalves>(count * sizeof(bf16)))) {}

  bf16* take(size_t count) { return std::exchange(next_, next_ + count); }

  const bf16* round(const float* x, size_t count) {
    bf16* const to = take(count);
    context_.threads.parallel_for(
        count,
        [&](size_t begin, size_t end, size_t) {
          kernels_.to_bf16(end - begin, x + begin, to + begin);
        },
        4096);
    return to;
  }

 private:
  Context& context_;
  const Kernels& kernels_;
  bf16* next_;
};

// As for_pieces, the values rounded to bfloat16; BF16 at a value's address is one piece where it
// lies. `memory`: for piece_rows(W) rows.
template <class Body>
void for_half_pieces(Context& context, const Kernels& kernels, const Matrix& W, bf16* memory,
                     const Body& body) {
  const bool in_place =
      W.dtype == DType::kBF16 && reinterpret_cast<uintptr_t>(W.data) % alignof(bf16) == 0;
  if (in_place) return body(0, W.rows, static_cast<const bf16*>(W.data));
  const size_t most = piece_rows(W);
  for (size_t first = 0; first < W.rows; first += most) {
    const size_t rows = std::min(most, W.rows - first);
    context.threads.parallel_for(rows, [&](size_t begin, size_t end, size_t) {
      std::vector<float> line(W.cols);
      for (size_t r = begin; r < end; ++r) {
        dequantize(W.dtype, W.row(first + r), line);
        kernels.to_bf16(W.cols, line.data(), memory + r * W.cols);
      }
    });
    body(first, rows, static_cast<const bf16*>(memory));
  }
}

}  // namespace

void training_linear(Context& context, const Kernels& kernels, Compute compute, size_t M,
                     const float* x, const Matrix& W, float* y, bool accumulate) {
  const size_t K = W.cols;
  if (compute == Compute::kBf16 && multiplies_bf16(kernels)) {
    Halves halves(context, kernels, M * K + piece_rows(W) * K);
    const bf16* const rounded = halves.round(x, M * K);
    return for_half_pieces(context, kernels, W, halves.take(0),
                           [&](size_t first, size_t rows, const bf16* values) {
                             matmul(context, kernels, M, rows, K, {rounded, K, 1}, {values, 1, K},
                                    y + first, W.rows, accumulate);
                           });
  }
  if (compute == Compute::kBf16 && is_half(W.dtype)) {
    return linear(context, kernels, Rows::kMany, M, x, K, W, y, W.rows, accumulate);
  }
  for_pieces(context, W, [&](size_t first, size_t rows, const float* values) {
    if (compute == Compute::kBf16) {
      linear(context, kernels, Rows::kFine, M, x, K, {DType::kF32, rows, K, values}, y + first,
             W.rows, accumulate);
    } else {
      matmul(context, kernels, M, rows, K, {x, K, 1}, {values, 1, K}, y + first, W.rows,
             accumulate);
    }
  });
}

void training_linear_dx(Context& context, const Kernels& kernels, Compute compute, size_t M,
                        const float* dy, const Matrix& W, float* dx, bool accumulate) {
  const size_t K = W.cols;
  if (compute == Compute::kBf16 && multiplies_bf16(kernels)) {
    Halves halves(context, kernels, M * W.rows + piece_rows(W) * K);
    const bf16* const rounded = halves.round(dy, M * W.rows);
    return for_half_pieces(context, kernels, W, halves.take(0),
                           [&](size_t first, size_t rows, const bf16* values) {
                             matmul(context, kernels, M, K, rows, {rounded + first, W.rows, 1},
                                    {values, K, 1}, dx, K, accumulate || first > 0);
                           });
  }
  if (compute == Compute::kBf16) {
    return for_turned_pieces(context, W, [&](size_t first, size_t rows, const float* values) {
      linear(context, kernels, Rows::kFine, M, dy + first, W.rows, {DType::kF32, K, rows, values},
             dx, K, accumulate || first > 0);
    });
  }
  for_pieces(context, W, [&](size_t first, size_t rows, const float* values) {
    matmul(context, kernels, M, K, rows, {dy + first, W.rows, 1}, {values, K, 1}, dx, K,
           accumulate || first > 0);
  });
}

void training_linear_dw(Context& context, const Kernels& kernels, Compute compute, size_t M,
                        size_t out, size_t in, const float* dy, const float* x, float* dW) {
  if (compute == Compute::kF32) {
    return matmul(context, kernels, out, in, M, {dy, 1, out}, {x, in, 1}, dW, in, true);
  }
  if (multiplies_bf16(kernels)) {
    Halves halves(context, kernels, M * (in + out));
    const bf16* const rounded_x = halves.round(x, M * in);
    const bf16* const rounded_dy = halves.round(dy, M * out);
    return matmul(context, kernels, out, in, M, {rounded_dy, 1, out}, {rounded_x, in, 1}, dW, in,
                  true);
  }
  float* const turned_x = piece_memory(M * (in + out));
  float* const turned_dy = turned_x + M * in;
  transpose(context, M, in, x, turned_x);
  transpose(context, M, out, dy, turned_dy);
  linear(context, kernels, Rows::kFine, out, turned_dy, M, {DType::kF32, in, M, turned_x}, dW, in,
         true);
}

}  // namespace twin::kernels
