// packed_avx512.cc with its AVX-512 instructions emulated, for packed_test.cc.
#ifdef TWIN_X86_SIMD
#include "engine/kernels/emulated_avx512.h"

#define avx512_packed emulated_avx512_packed
#include "engine/kernels/packed_avx512.cc"
#endif
