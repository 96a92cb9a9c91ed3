#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/context.h"
#include "engine/kernels/kernels.h"
#include "engine/tensor/tensor.h"

// Products by weights that are packed once for all calls: what an encoder, whose weights never
// change and whose every layer has many rows, is made of. linear() packs what it multiplies by
// anew in each call, but needs no second copy of the weights.
namespace twin::kernels {

enum class PackedForm {
  kFloats,  // f32
  kWords,   // both sides int16 within 4095 with a scale per 128 values: an error of 2^-13 of a
            // group's largest value, less than bfloat16's on all but the smallest of a group
  kBytes    // weights int8, activations 0..127 from a group's lowest value to its highest, a scale
            // per 128 values. Weights are rounded so that no eight products that are summed in 16
            // bits leave them: exact sums on every table.
};

// Values along K that share a scale, and the largest magnitudes: a group's sum of products stays
// within 31 bits.
constexpr size_t kPackedGroup = 128;
constexpr int kLargestPackedWord = 4095, kLargestPackedByte = 127;
// Bytes: what the weights of one sign may add up to of the eight that meet in 16 bits.
constexpr int kLargestPackedChain = 258;

// One instruction set's part of packed products; `isa` must be one that the processor has.
struct PackedParts;
struct Panels;
const PackedParts& packed_parts(Isa isa);

// Weights (rows, cols) in panels of the table's width, zeros beyond rows and cols. Immutable.
class PackedWeights {
 public:
  PackedWeights() = default;
  // The matrices, of any type with a fraction and the same cols, one below the other. Requires
  // finite values for kWords and kBytes.
  PackedWeights(const PackedParts& parts, PackedForm form, std::span<const Matrix> matrices);

  PackedForm form() const { return form_; }
  size_t rows() const { return rows_; }
  size_t cols() const { return cols_; }
  size_t bytes() const { return bytes_; }

  // What the instruction sets' parts see (packed_call.h).
  Panels panels() const;

 private:
  struct FreeAligned {
    void operator()(void* p) const { std::free(p); }
  };
  PackedForm form_ = PackedForm::kFloats;
  size_t rows_ = 0, cols_ = 0, depth_ = 0, bytes_ = 0, panel_bytes_ = 0, panel_scales_ = 0;
  std::unique_ptr<std::byte, FreeAligned> values_;
  std::unique_ptr<float, FreeAligned> scales_;
};

// y (M, W.rows(); rows `ldy` apart) = x (M, W.cols(); rows `ldx` apart) W^T + bias (W.rows(); null:
// none), or += where `accumulate`. Row m of y depends on row m of x alone; for kWords and kBytes it
// is the same bits on every table. Splits W's rows over the threads.
void packed_linear(Context& context, const PackedParts& parts, size_t M, const float* x, size_t ldx,
                   const PackedWeights& W, const float* bias, float* y, size_t ldy,
                   bool accumulate);

}  // namespace twin::kernels
