#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/kernels/kernels.h"
#include "engine/tensor/tensor.h"

// What passes between linear() and the instruction sets' parts of it.
namespace twin::kernels {

// Values of a row that share a scale when activations are rounded to integers; every quantised
// type's scales are for as many values or a multiple, but Q6_K's, which has two in each.
constexpr size_t kGroup = 32;

// How a product takes its activations. A group's largest magnitude becomes `kLargest`, so that a
// group's sum of products stays exact in 32 bits.
enum class Activations {
  kFloats,      // as they are
  kBytes,       // int8, -127..127
  kByteGroups,  // the same, the first group of every row, then the second of every row
  kWords,  // the same integers as int16, each four in the order 0, 2, 1, 3: even bytes of weights
           // meet the first two, odd ones the others
  kFine    // int16, -8191..8191, for weights that are floats
};
constexpr int kLargestByte = 127, kLargestFine = 8191;

// Activations (M, K) as integers: x ~ d q. Rows of q are `ld` apart and groups `group_ld`, of the
// groups' values `d_ld` and `d_group_ld`. q is zero from K to the end of the last group.
struct IntegerRows {
  Activations form;
  size_t groups, ld, group_ld, d_ld, d_group_ld;
  int8_t* bytes;   // kBytes, kByteGroups
  int16_t* words;  // kWords, kFine
  float* d;  // of each row and group: largest magnitude / kLargest; 0 where all are below 2^-100,
             // NaN where one is not finite (q is 0 in both cases)
  int32_t* sum;  // of q
  float* dsum;   // d * sum, what a type's minima are multiplied by
};

// One call of linear(), its activations in the form that the table asked for.
struct LinearCall {
  Rows rows;
  size_t M;
  const float* x;  // (M, W.cols), rows ldx apart
  size_t ldx;
  IntegerRows integers;
  Matrix W;
  float* y;
  size_t ldy;
  bool accumulate;

  // The sum that element (m, r) starts from.
  float start(size_t m, size_t r) const { return accumulate ? y[m * ldy + r] : 0.0f; }
};

}  // namespace twin::kernels
