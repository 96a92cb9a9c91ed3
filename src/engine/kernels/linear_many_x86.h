#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include "engine/kernels/pack_x86.h"
#include "engine/kernels/scratch.h"

// linear() for four rows of activations or more: W is packed block by block into panels of whole
// numbers, a micro kernel multiplies tiles of integer activations by them.
namespace twin::kernels {
namespace {
namespace x86 {

// What is packed after this: `rows` pieces of `bytes`, asked for while the micro kernel computes,
// since pieces are too short for the processor to foresee the next.
struct Ahead {
  const uint8_t* at;
  size_t stride, rows, bytes;

  void prefetch(size_t g, size_t groups) const {
    for (size_t r = g; r < rows; r += groups) {
      for (size_t line = 0; line < bytes; line += 64) {
        _mm_prefetch(reinterpret_cast<const char*>(at + r * stride + line), _MM_HINT_T1);
      }
    }
  }
};

// What the call after this one begins with: its rows of x, where they are others, and its part of
// C, asked for a row per group.
struct Next {
  const std::byte* x;  // null: the same
  float* C;            // null: nothing comes

  void prefetch(size_t g, size_t rows, size_t x_stride, size_t x_bytes, size_t ldc,
                size_t c_bytes) const {
    if (g >= rows || C == nullptr) return;
    prefetch_lines(reinterpret_cast<const std::byte*>(C + g * ldc), c_bytes);
    if (x != nullptr) prefetch_lines(x + g * x_stride, x_bytes);
  }

 private:
  static void prefetch_lines(const std::byte* at, size_t bytes) {
    for (size_t line = 0; line < bytes; line += 64) {
      _mm_prefetch(reinterpret_cast<const char*>(at + line), _MM_HINT_T0);
    }
  }
};

// One call of the micro kernel: rows of activations (row-major, integers) times a panel.
struct Tile {
  PanelView panel;
  size_t groups;
  const std::byte* x;  // the first row's integers
  size_t x_stride;     // bytes
  const float* d;      // of the rows, `x_groups` apart
  const float* dsum;
  const int32_t* sum;
  size_t x_groups;
  float* C;
  size_t ldc;
  bool zero;  // C counts as zeros
  Ahead ahead;
  Next next;
};

// Unit: the instructions of one table for one kind of integers,
//   Vec, I                  vectors of f32 and of int32
//   kMr                     rows of a tile
//   kWords                  int16 in pairs, or bytes in fours (uint8 weights)
//   kSteps                  multiplications that a group takes for one row and vector of columns
//   start(n), load, broadcast, step(sum, w, x)
//   finish(sum, n)          int32 per column, less n in all, which start() may have begun with
//   to_float(v)
// A panel is two vectors of columns wide.
// offset: what the panel's values are too large by; minima: whether it has them.
template <class Unit, int offset, bool minima, size_t R>
void micro(const Tile& t) {
  using Vec = typename Unit::Vec;
  using I = typename Unit::I;
  constexpr size_t kWide = Vec::kLanes, kNr = 2 * kWide;
  Vec C[R][2];
#pragma GCC unroll 16
  for (size_t i = 0; i < R; ++i) {
    C[i][0] = t.zero ? Vec::set(0) : Vec::load(t.C + i * t.ldc);
    C[i][1] = t.zero ? Vec::set(0) : Vec::load(t.C + i * t.ldc + kWide);
  }
  const std::byte* x[R];
#pragma GCC unroll 16
  for (size_t i = 0; i < R; ++i) x[i] = t.x + i * t.x_stride;
  const std::byte* w = t.panel.q;
  const float *const panel_d = t.panel.d, *const panel_m = t.panel.m;
  const float *const d = t.d, *const dsum = t.dsum;
  const int32_t* const sum = t.sum;
  const size_t groups = t.groups, x_groups = t.x_groups;
  size_t at_x = 0;
  for (size_t g = 0; g < groups; ++g) {
    t.ahead.prefetch(g, groups);
    t.next.prefetch(g, R, t.x_stride, groups * 4 * Unit::kSteps, t.ldc, kNr * sizeof(float));
    I sums[R][2];
#pragma GCC unroll 16
    for (size_t i = 0; i < R; ++i) {
      sums[i][0] = sums[i][1] = Unit::start(offset == 0 ? 0 : offset * sum[i * x_groups + g]);
    }
    // Four steps at a time: all of them would take the compiler minutes.
    for (size_t s0 = 0; s0 < Unit::kSteps; s0 += 4, w += 16 * kNr, at_x += 16) {
#pragma GCC unroll 4
      for (size_t s = 0; s < 4; ++s) {
        const I w0 = Unit::load(w + s * 4 * kNr), w1 = Unit::load(w + s * 4 * kNr + 4 * kWide);
#pragma GCC unroll 16
        for (size_t i = 0; i < R; ++i) {
          const I v = Unit::broadcast(x[i] + at_x + s * 4);
          sums[i][0] = Unit::step(sums[i][0], w0, v);
          sums[i][1] = Unit::step(sums[i][1], w1, v);
        }
      }
    }
    const Vec d0 = Vec::load(panel_d + g * kNr), d1 = Vec::load(panel_d + g * kNr + kWide);
#pragma GCC unroll 16
    for (size_t i = 0; i < R; ++i) {
      const size_t at = i * x_groups + g;
      const int32_t less = offset == 0 ? 0 : offset * sum[at];
      const I s0 = Unit::finish(sums[i][0], less), s1 = Unit::finish(sums[i][1], less);
      const Vec di = Vec::set(d[at]);
      C[i][0] = fma(Unit::to_float(s0) * d0, di, C[i][0]);
      C[i][1] = fma(Unit::to_float(s1) * d1, di, C[i][1]);
      if constexpr (minima) {
        const Vec dsumi = Vec::set(dsum[at]);
        C[i][0] = fma(Vec::load(panel_m + g * kNr), dsumi, C[i][0]);
        C[i][1] = fma(Vec::load(panel_m + g * kNr + kWide), dsumi, C[i][1]);
      }
    }
  }
#pragma GCC unroll 16
  for (size_t i = 0; i < R; ++i) {
    C[i][0].store(t.C + i * t.ldc);
    C[i][1].store(t.C + i * t.ldc + kWide);
  }
}

template <class Unit, int offset, bool minima, size_t... R>
constexpr std::array<void (*)(const Tile&), sizeof...(R)> micros(std::index_sequence<R...>) {
  return {micro<Unit, offset, minima, R + 1>...};
}

// The tile's columns that exist, by way of a whole one.
inline void run_edge(void (*run)(const Tile&), Tile tile, size_t rows, size_t columns, size_t nr) {
  alignas(64) float whole[16 * 32] = {};
  float* const C = tile.C;
  for (size_t i = 0; i < rows && !tile.zero; ++i) {
    std::copy_n(C + i * tile.ldc, columns, whole + i * nr);
  }
  const size_t ldc = std::exchange(tile.ldc, nr);
  tile.C = whole;
  run(tile);
  for (size_t i = 0; i < rows; ++i) std::copy_n(whole + i * nr, columns, C + i * ldc);
}

// Panel: packs a type's rows (pack_x86.h).
template <class Unit, class Panel>
void many(const LinearCall& call, size_t begin, size_t end) {
  constexpr size_t kNr = 2 * Unit::Vec::kLanes, kMr = Unit::kMr;
  // Rows of W by 512 values that are packed before x passes: few, so that they stay in the
  // first-level cache, or as many as the second-level one holds.
  constexpr size_t kGroups = 16;
  const size_t kRows = call.M <= 4 * kMr ? kNr : 64;
  static constexpr auto kMicros =
      micros<Unit, Panel::template offset<Unit::kWords>(), Panel::kMinima>(
          std::make_index_sequence<kMr>());
  const IntegerRows& x = call.integers;
  const size_t step = Unit::kWords ? sizeof(int16_t) : 1;
  const size_t panel_bytes = kNr * kGroups * kGroup * step;
  constexpr size_t kScales = kNr * kGroups;
  auto* memory = static_cast<std::byte*>(
      thread_scratch<Slot::kPanels>(kRows / kNr * (panel_bytes + 2 * kScales * sizeof(float))));
  auto* scales = reinterpret_cast<float*>(memory + kRows / kNr * panel_bytes);
  const auto panel_at = [&](size_t p) {
    return PanelView{memory + p * panel_bytes, scales + 2 * p * kScales,
                     scales + (2 * p + 1) * kScales};
  };
  const size_t tiles = (call.M + kMr - 1) / kMr;
  // What tile t asks for of the piece packed after groups [.., g) of the rows from r0 + n on: the
  // first four tiles share it, so that each has enough to compute meanwhile.
  const auto ahead = [&](size_t r0, size_t n, size_t g, size_t t) -> Ahead {
    const size_t shares = std::min<size_t>(tiles, 4);
    if (t >= shares) return {};
    const size_t row = r0 + n + (g < x.groups ? 0 : kRows), first = g < x.groups ? g : 0;
    if (row >= end) return {};
    const size_t piece = dtype_bytes(call.W.dtype, std::min(kGroups, x.groups - first) * kGroup);
    const size_t line = (piece / shares + 63) / 64 * 64;
    return {reinterpret_cast<const uint8_t*>(call.W.row(row)) +
                dtype_bytes(call.W.dtype, first * kGroup) + t * line,
            dtype_bytes(call.W.dtype, call.W.cols), std::min(kNr, end - row),
            std::min(line, piece - std::min(piece, t * line))};
  };
  for (size_t r0 = begin; r0 < end; r0 += kRows) {
    const size_t count = std::min(kRows, end - r0);
    for (size_t g0 = 0; g0 < x.groups; g0 += kGroups) {
      const size_t groups = std::min(kGroups, x.groups - g0);
      for (size_t n = 0; n < (count + kNr - 1) / kNr * kNr; n += kLanes) {
        Panel::template pack<Unit::kWords, kNr>(call.W, r0 + n, r0 + count, g0, groups,
                                                panel_at(n / kNr), n % kNr);
      }
      for (size_t t = 0; t < tiles; ++t) {
        const size_t m = call.M * t / tiles, rows = call.M * (t + 1) / tiles - m;
        const size_t at = m * x.groups + g0;
        Tile tile{{},
                  groups,
                  reinterpret_cast<const std::byte*>(x.bytes) + (m * x.ld + g0 * kGroup) * step,
                  x.ld * step,
                  x.d + at,
                  x.dsum + at,
                  x.sum + at,
                  x.groups,
                  nullptr,
                  call.ldy,
                  g0 == 0 && !call.accumulate,
                  {},
                  {}};
        const size_t next_m = call.M * (t + 1) / tiles;
        for (size_t n = 0; n < count; n += kNr) {
          tile.panel = panel_at(n / kNr);
          tile.C = call.y + m * call.ldy + r0 + n;
          tile.ahead = ahead(r0, n, g0 + groups, t);
          if (n + kNr < count) {
            tile.next = {nullptr, tile.C + kNr};
          } else if (t + 1 < tiles) {
            tile.next = {tile.x + (next_m - m) * tile.x_stride, call.y + next_m * call.ldy + r0};
          } else {
            tile.next = {};
          }
          if (n + kNr <= count) {
            kMicros[rows - 1](tile);
          } else {
            run_edge(kMicros[rows - 1], tile, rows, count - n, kNr);
          }
        }
      }
    }
  }
}

}  // namespace x86
}  // namespace
}  // namespace twin::kernels
