// linear_avx512.cc with its AVX-512 instructions emulated, for linear_test.cc.
#ifdef TWIN_X86_SIMD
#include "engine/kernels/emulated_avx512.h"

#define avx512_linear emulated_avx512_linear
#include "engine/kernels/linear_avx512.cc"
#endif
