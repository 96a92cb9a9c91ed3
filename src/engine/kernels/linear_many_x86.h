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
};

// Unit: the instructions of one table for one kind of integers,
//   Vec, I                  vectors of f32 and of int32
//   kMr, kWords             rows of a tile; int16 (pairs) or bytes (uint8 weights, in fours)
//   kSteps                  of 4 bytes of K that a group takes: 16 or 8
//   zero, load, broadcast, step(sum, w, x), finish(sum) -> int32 per column
//   less(v, n)              v - n, to_float(v)
// A panel is two vectors of columns wide.
template <class Unit, class Panel, size_t R>
void micro(const Tile& t) {
  using Vec = typename Unit::Vec;
  using I = typename Unit::I;
  constexpr size_t kWide = Vec::kLanes, kNr = 2 * kWide;
  const std::byte* x[R];
#pragma GCC unroll 16
  for (size_t i = 0; i < R; ++i) x[i] = t.x + i * t.x_stride;
  for (size_t i = 0; i < R && t.zero; ++i) std::fill_n(t.C + i * t.ldc, kNr, 0.0f);
  const std::byte* w = t.panel.q;
  for (size_t g = 0; g < t.groups; ++g) {
    I sums[R][2];
#pragma GCC unroll 16
    for (size_t i = 0; i < R; ++i) sums[i][0] = sums[i][1] = Unit::zero();
#pragma GCC unroll 2
    for (size_t s = 0; s < Unit::kSteps; ++s, w += 4 * kNr) {
      const I w0 = Unit::load(w), w1 = Unit::load(w + 4 * kWide);
#pragma GCC unroll 16
      for (size_t i = 0; i < R; ++i) {
        const I v = Unit::broadcast(x[i] + (g * Unit::kSteps + s) * 4);
        sums[i][0] = Unit::step(sums[i][0], w0, v);
        sums[i][1] = Unit::step(sums[i][1], w1, v);
      }
    }
    const Vec d0 = Vec::load(t.panel.d + g * kNr), d1 = Vec::load(t.panel.d + g * kNr + kWide);
#pragma GCC unroll 16
    for (size_t i = 0; i < R; ++i) {
      const size_t at = i * t.x_groups + g;
      I s0 = Unit::finish(sums[i][0]), s1 = Unit::finish(sums[i][1]);
      if constexpr (Panel::template offset<Unit::kWords>() != 0) {
        const int32_t less = Panel::template offset<Unit::kWords>() * t.sum[at];
        s0 = Unit::less(s0, less);
        s1 = Unit::less(s1, less);
      }
      float* const c = t.C + i * t.ldc;
      Vec c0 = Vec::load(c), c1 = Vec::load(c + kWide);
      const Vec d = Vec::set(t.d[at]);
      c0 = fma(Unit::to_float(s0) * d0, d, c0);
      c1 = fma(Unit::to_float(s1) * d1, d, c1);
      if constexpr (Panel::kMinima) {
        const Vec dsum = Vec::set(t.dsum[at]);
        c0 = fma(Vec::load(t.panel.m + g * kNr), dsum, c0);
        c1 = fma(Vec::load(t.panel.m + g * kNr + kWide), dsum, c1);
      }
      c0.store(c);
      c1.store(c + kWide);
    }
  }
}

template <class Unit, class Panel, size_t... R>
constexpr std::array<void (*)(const Tile&), sizeof...(R)> micros(std::index_sequence<R...>) {
  return {micro<Unit, Panel, R + 1>...};
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
  // These rows of W by 512 values stay in the second-level cache as words while x passes.
  constexpr size_t kRows = kPackedRows, kGroups = 16;
  static constexpr auto kMicros = micros<Unit, Panel>(std::make_index_sequence<kMr>());
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
                  g0 == 0 && !call.accumulate};
        for (size_t n = 0; n < count; n += kNr) {
          tile.panel = panel_at(n / kNr);
          tile.C = call.y + m * call.ldy + r0 + n;
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
