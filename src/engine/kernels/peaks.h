#pragma once

#include <cstddef>

namespace twin::kernels {

// Runs `rounds` rounds of independent multiply-adds in registers; returns the operations done.
// Null: the table has no such instruction.
struct Peaks {
  double (*f32)(size_t rounds) = nullptr;
  double (*bf16)(size_t rounds) = nullptr;
  double (*int8)(size_t rounds) = nullptr;
};
Peaks scalar_peaks();
#ifdef TWIN_X86_SIMD
Peaks avx2_peaks();
Peaks avx512_peaks();
Peaks avx512_bf16_peaks();
#endif

}  // namespace twin::kernels
