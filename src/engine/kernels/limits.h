#pragma once

#include <cstddef>

#include "base/context.h"
#include "engine/kernels/kernels.h"

namespace twin::kernels {

// The rates nothing on this machine can pass: what kernels are held against (roofline).
// Operations are counted as two per multiply-add.
struct MachineLimits {
  size_t threads = 0;
  double f32_gflops = 0;     // chains of independent fused multiply-adds, in registers
  double bf16_gflops = 0;    // vdpbf16ps; where there is none, the f32 rate: bf16 is widened there
  double int8_gops = 0;      // vpdpbusd, or vpmaddwd and vpaddd; 0 for the scalar table
  double read_gb_per_s = 0;  // from memory, a buffer far larger than the caches
};

// Measures with all of the context's threads: the best of several short runs, a second in all.
MachineLimits measure_limits(Context& context, const Kernels& kernels);

// What a product of the shape (size, size, size) reaches: the median of several runs, the result
// checked against sums in double first. Errors: Bug where it is wrong.
struct MatmulRate {
  double gflops = 0;
  double lowest = 0, highest = 0;
};
MatmulRate measure_matmul_f32(Context& context, const Kernels& kernels, size_t size);
MatmulRate measure_matmul_bf16(Context& context, const Kernels& kernels, size_t size);
// linear() of f32 rows by Q8_0 weights, the rounding of the rows included. Checked against the
// scalar table bit for bit. `size`: a multiple of 32.
MatmulRate measure_matmul_int8(Context& context, const Kernels& kernels, size_t size);

}  // namespace twin::kernels
