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
  if (form == Activations::kByteGroups) {
    rows.ld = kGroup;
    rows.group_ld = M * kGroup;
    rows.d_ld = 1;
    rows.d_group_ld = M;
  } else {
    // 64 beyond the groups: rows a power of two apart would share few sets of the first-level
    // cache.
    rows.ld = rows.groups * kGroup + 64;
    rows.group_ld = kGroup;
    rows.d_ld = rows.groups;
    rows.d_group_ld = 1;
  }
  const bool bytes = form == Activations::kBytes || form == Activations::kByteGroups;
  const size_t values = M * (rows.groups * kGroup + 64) * (bytes ? 1 : 2);
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

// Rows of W that a thread takes at a time: enough pieces that all threads end together. Packed rows
// come by whole panels of every table. Streams are long, since reading is all there is to do, and
// an odd number of rows each: rows a power of two apart would share few sets of a cache.
size_t chunk_rows(Activations form, size_t rows, size_t threads) {
  if (form == Activations::kFloats || form == Activations::kByteGroups) {
    return std::clamp<size_t>(rows / (4 * threads) / 16 * 16, 16, 240) + 8;
  }
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
  const Product product = {W, y, ldy};
  linear(context, kernels, rows, M, x, ldx, {&product, 1}, accumulate);
}

void linear(Context& context, const Kernels& kernels, Rows rows, size_t M, const float* x,
            size_t ldx, std::span<const Product> products, bool accumulate) {
  if (M == 0 || products.empty()) return;
  const size_t K = products[0].W.cols;
  const auto form_of = [&](const Matrix& W) {
    return kernels.linear.activations(rows, W.dtype, M);
  };
  const auto is_blocked = [&](const Matrix& W) {
    return W.dtype == DType::kF32 && rows == Rows::kMany;
  };
  size_t all_rows = 0;
  for (const auto& [W, y, ldy] : products) {
    TWIN_CHECK(W.cols == K && K % dtype_info(W.dtype).block == 0);
    all_rows += W.rows;
    if (is_blocked(W) || form_of(W) != form_of(products[0].W)) {  // not the same work: one by one
      if (products.size() == 1) return f32_many(context, kernels, M, x, ldx, W, y, ldy, accumulate);
      for (const Product& one : products) {
        linear(context, kernels, rows, M, x, ldx, {&one, 1}, accumulate);
      }
      return;
    }
  }
  if (all_rows == 0) return;
  const IntegerRows integers = integer_rows(form_of(products[0].W), M, K);
  if (integers.form != Activations::kFloats) {
    const auto convert = [&](size_t begin, size_t end, size_t) {
      for (size_t m = begin; m < end; ++m) {
        kernels.linear.to_integers(K, x + m * ldx, integers, m);
      }
    };
    if (M * K < kParallelWork) {
      convert(0, M, 0);
    } else {
      context.threads.parallel_for(M, convert);
    }
  }
  const size_t threads = M * all_rows * K < kParallelWork ? 1 : context.threads.size();
  const size_t chunk = chunk_rows(integers.form, all_rows, threads);
  const auto chunks_of = [&](const Product& p) { return (p.W.rows + chunk - 1) / chunk; };
  const auto run = [&](size_t c) {
    const Product* p = products.data();
    for (; c >= chunks_of(*p); ++p) c -= chunks_of(*p);
    const LinearCall call = {rows, M, x, ldx, integers, p->W, p->y, p->ldy, accumulate};
    kernels.linear.run(call, c * chunk, std::min((c + 1) * chunk, p->W.rows));
  };
  size_t chunks = 0;
  for (const Product& p : products) chunks += chunks_of(p);
  if (threads == 1) {
    for (size_t c = 0; c < chunks; ++c) run(c);
    return;
  }
  // Each thread goes through a stretch of its own, so that it reads on where it was, and helps with
  // the others' when done: no result depends on who computed it.
  std::vector<std::atomic<size_t>> next(threads);
  for (size_t t = 0; t < threads; ++t) next[t] = chunks * t / threads;
  context.threads.parallel_for(threads, [&](size_t first, size_t, size_t) {
    for (size_t i = 0; i < threads; ++i) {
      const size_t t = (first + i) % threads, end = chunks * (t + 1) / threads;
      for (size_t c; (c = next[t].fetch_add(1)) < end;) run(c);
    }
  });
}

}  // namespace twin::kernels
