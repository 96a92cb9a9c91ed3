#pragma once

#include "engine/kernels/kernels.h"

// One table per instruction set; those of x86 exist where TWIN_X86_SIMD is defined. Calling a
// table's functions on a processor without the instruction set ends the program: choose_kernels()
// checks.
namespace twin::kernels {

const Kernels& scalar_kernels();
const Kernels& avx2_kernels();
const Kernels& avx512_kernels();
const Kernels& avx512_bf16_kernels();

}  // namespace twin::kernels
