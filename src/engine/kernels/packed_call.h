#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/kernels/packed.h"

// What passes between packed_linear() and the instruction sets' parts of it.
namespace twin::kernels {

// Weights (rows, depth) as panels, one behind the other.
struct Panels {
  size_t rows;
  size_t depth;  // values of K: all for floats, whole groups else
  const std::byte* values;
  size_t value_bytes;  // of a panel
  const float* scales;
  size_t scale_count;  // of a panel

  const std::byte* panel(size_t p) const { return values + p * value_bytes; }
  const float* panel_scales(size_t p) const { return scales + p * scale_count; }
};

// One call, its activations in the form of the weights.
struct PackedCall {
  size_t M;
  const std::byte* x;  // (M, W.depth) f32, int16 or uint8
  size_t x_stride;     // bytes
  const float* d;      // (M, groups): a group's scale
  const float* low;    // (M, groups): its lowest value; kBytes
  Panels W;
  const float* bias;
  float* y;
  size_t ldy;
  bool accumulate;
};

// One instruction set's. A panel holds, for floats, per value of K `panel` rows' values; for words
// per 2 and for bytes per 4 values of K those of each row next to each other. Its scales: per group
// `panel` factors; for bytes then `panel` sums of a row's weights times the factor.
struct PackedParts {
  size_t panel;  // rows of W
  // Columns [begin, end) of panels.
  void (*floats)(const PackedCall& call, size_t begin, size_t end);
  void (*words)(const PackedCall& call, size_t begin, size_t end);
  void (*bytes)(const PackedCall& call, size_t begin, size_t end);
  // A row of K values as `groups` whole groups of words or bytes, zeros behind K.
  void (*to_words)(size_t K, const float* x, int16_t* q, float* d);
  void (*to_bytes)(size_t K, const float* x, uint8_t* q, float* d, float* low);
};

const PackedParts& scalar_packed();
const PackedParts& avx2_packed();
const PackedParts& avx512_packed();

}  // namespace twin::kernels
