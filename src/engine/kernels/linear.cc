#include "engine/kernels/linear.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "engine/kernels/linear_call.h"
#include "engine/kernels/scratch.h"

namespace twin::kernels {
namespace {

// Memory for M rows of K activations in `form`, the thread's own until its next call.
IntegerRows integer_rows(Activations form, size_t M, size_t K) {
  IntegerRows rows{};
  rows.form = form;
  if (form == Activations::kFloats) return rows;
  rows.groups = (K + kGroup - 1) / kGroup;
  // 64 beyond the groups: rows a power of two apart would share few sets of the first-level cache.
  rows.ld = rows.groups * kGroup + 64;
  const size_t values = M * rows.ld * (form == Activations::kBytes ? 1 : 2);
  const size_t scales = M * rows.groups * sizeof(float);
  auto* memory = static_cast<std::byte*>(
      thread_scratch<Slot::kActivations>(values + 3 * scales));  // values: a multiple of 32
  rows.bytes = reinterpret_cast<int8_t*>(memory);
  rows.words = reinterpret_cast<int16_t*>(memory);
  rows.d = reinterpret_cast<float*>(memory + values);
  rows.sum = reinterpret_cast<int32_t*>(memory + values + scales);
  rows.dsum = reinterpret_cast<float*>(memory + values + 2 * scales);
  return rows;
}

// Rows of W that a thread takes at a time: enough pieces that all threads end together, each long
// enough to be read as a stream. A multiple of 32, every table's panel.
size_t chunk_rows(size_t rows, size_t threads) {
  return std::clamp<size_t>(rows / (8 * threads) / 32 * 32, 32, 128);
}

// The blocked product. A file's floats may lie at any address: those that do not at a float's are
// copied piece by piece.
void f32_many(Context& context, const Kernels& kernels, size_t M, const float* x, size_t ldx,
              const Matrix& W, float* y, size_t ldy, bool accumulate) {
  const bool aligned = reinterpret_cast<uintptr_t>(W.data) % alignof(float) == 0;
  const auto piece = [&](size_t begin, size_t end, size_t) {
    const size_t step = aligned ? end - begin : 256;
    std::vector<float> copy(aligned ? 0 : step * W.cols);
    for (size_t r = begin; r < end; r += step) {
      const size_t count = std::min(step, end - r);
      const auto* w = reinterpret_cast<const float*>(W.row(r));
      if (!aligned) {
        std::memcpy(copy.data(), W.row(r), count * W.cols * sizeof(float));
        w = copy.data();
      }
      kernels.gemm_f32(M, count, W.cols, {x, ldx, 1}, {w, 1, W.cols}, y + r, ldy, accumulate);
    }
  };
  context.threads.parallel_for(W.rows, piece, 32);
}

// Below this many multiplications a second thread costs more than it brings.
constexpr size_t kParallelWork = size_t{1} << 16;

}  // namespace

void linear(Context& context, const Kernels& kernels, Rows rows, size_t M, const float* x,
            size_t ldx, const Matrix& W, float* y, size_t ldy, bool accumulate) {
  if (M == 0 || W.rows == 0) return;
  TWIN_CHECK(W.cols % dtype_info(W.dtype).block == 0);
  if (W.dtype == DType::kF32 && rows == Rows::kMany) {
    return f32_many(context, kernels, M, x, ldx, W, y, ldy, accumulate);
  }
  LinearCall call{rows, M, x, ldx, {}, W, y, ldy, accumulate};
  const Activations form = kernels.linear.activations(rows, W.dtype, M);
  call.integers = integer_rows(form, M, W.cols);
  if (form != Activations::kFloats) {
    const auto convert = [&](size_t begin, size_t end, size_t) {
      for (size_t m = begin; m < end; ++m) {
        kernels.linear.to_integers(W.cols, x + m * ldx, call.integers, m);
      }
    };
    if (M * W.cols < kParallelWork) {
      convert(0, M, 0);
    } else {
      context.threads.parallel_for(M, convert);
    }
  }
  if (M * W.rows * W.cols < kParallelWork) return kernels.linear.run(call, 0, W.rows);
  // Whoever is free takes the next rows: no result depends on who that is.
  const size_t chunk = chunk_rows(W.rows, context.threads.size());
  std::atomic<size_t> next = 0;
  context.threads.parallel_for(context.threads.size(), [&](size_t, size_t, size_t) {
    for (size_t r; (r = next.fetch_add(chunk)) < W.rows;) {
      kernels.linear.run(call, r, std::min(r + chunk, W.rows));
    }
  });
}

}  // namespace twin::kernels
