#pragma once

#include <cstdint>

namespace twin {

// One block of 256 values each: quantize() for the types whose scales are themselves quantised.
void quantize_q4_k(const float* x, uint8_t* block);
void quantize_q5_k(const float* x, uint8_t* block);
void quantize_q6_k(const float* x, uint8_t* block);

}  // namespace twin
