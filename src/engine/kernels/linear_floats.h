#pragma once

#include <algorithm>
#include <cstring>

#include "engine/kernels/linear_call.h"
#include "engine/kernels/linear_streams.h"

// linear() for few rows of activations and weights that are floats, straight from memory. Each
// element's sum has a vector of its own, so it is the same however many rows go together.
// Everything is in an unnamed namespace (see kernels_impl.h).
namespace twin::kernels {
namespace {

// y[m + i][r + j step] for i < R, j < J; where kAsksAhead, asking for what lies `ahead` bytes on.
// Vec: as kernels_impl.h's. Stored: kBytes of one weight, load(bytes) of Vec::kLanes.
template <class Vec, class Stored, bool kAsksAhead, size_t R, size_t J>
void floats_tile(const LinearCall& call, size_t m, size_t r, size_t step, size_t ahead) {
  constexpr size_t kLanes = Vec::kLanes;
  const size_t K = call.W.cols, whole = K / kLanes * kLanes;
  const float* x[R];
  const uint8_t* w[J];
  Vec sums[R][J];
  for (size_t i = 0; i < R; ++i) x[i] = call.x + (m + i) * call.ldx;
  for (size_t j = 0; j < J; ++j) w[j] = reinterpret_cast<const uint8_t*>(call.W.row(r + j * step));
#pragma GCC unroll 4
  for (size_t i = 0; i < R; ++i) {
#pragma GCC unroll 8
    for (size_t j = 0; j < J; ++j) sums[i][j] = Vec::set(0);
  }
  const auto add = [&](const Vec(&vx)[R], const Vec(&vw)[J]) {
#pragma GCC unroll 4
    for (size_t i = 0; i < R; ++i) {
#pragma GCC unroll 8
      for (size_t j = 0; j < J; ++j) sums[i][j] = fma(vx[i], vw[j], sums[i][j]);
    }
  };
  for (size_t k = 0; k < whole; k += kLanes) {
    Vec vx[R], vw[J];
#pragma GCC unroll 4
    for (size_t i = 0; i < R; ++i) vx[i] = Vec::load(x[i] + k);
#pragma GCC unroll 8
    for (size_t j = 0; j < J; ++j) {
      const uint8_t* const at = w[j] + k * Stored::kBytes;
      vw[j] = Stored::load(at);
      if constexpr (kAsksAhead) __builtin_prefetch(at + ahead);
    }
    add(vx, vw);
  }
  if (whole < K) {
    Vec vx[R], vw[J];
    for (size_t i = 0; i < R; ++i) {
      float tail[kLanes] = {};
      std::copy_n(x[i] + whole, K - whole, tail);
      vx[i] = Vec::load(tail);
    }
    for (size_t j = 0; j < J; ++j) {
      uint8_t tail[kLanes * Stored::kBytes] = {};
      std::memcpy(tail, w[j] + whole * Stored::kBytes, (K - whole) * Stored::kBytes);
      vw[j] = Stored::load(tail);
    }
    add(vx, vw);
  }
  for (size_t i = 0; i < R; ++i) {
    for (size_t j = 0; j < J; ++j) {
      const size_t row = r + j * step;
      call.y[(m + i) * call.ldy + row] = call.start(m + i, row) + sum(sums[i][j]);
    }
  }
}

// Rows r, r + step, ... of W, `count` of them.
template <class Vec, class Stored, bool kAsksAhead, size_t R, size_t J, size_t kStreams>
void floats_rows(const LinearCall& call, size_t m, size_t r, const Streams<kStreams>& streams) {
  const size_t count = streams.count(r), step = streams.step, ahead = streams.ahead(r);
  size_t j = 0;
  for (; j + J <= count; j += J) {
    floats_tile<Vec, Stored, kAsksAhead, R, J>(call, m, r + j * step, step, ahead);
  }
  for (; j < count; ++j) {
    floats_tile<Vec, Stored, kAsksAhead, R, 1>(call, m, r + j * step, step, ahead);
  }
}

template <class Vec, class Stored, size_t kStreams, bool kAsksAhead>
void floats(const LinearCall& call, size_t begin, size_t end) {
  const Streams<kStreams> streams(call.W, begin, end);
  for (size_t r = begin; r < begin + streams.step; ++r) {
    size_t m = 0;
    for (; m + 3 <= call.M; m += 3) floats_rows<Vec, Stored, kAsksAhead, 3, 4>(call, m, r, streams);
    if (call.M - m == 2) floats_rows<Vec, Stored, kAsksAhead, 2, 4>(call, m, r, streams);
    if (call.M - m == 1) floats_rows<Vec, Stored, kAsksAhead, 1, kStreams>(call, m, r, streams);
  }
}

}  // namespace
}  // namespace twin::kernels
