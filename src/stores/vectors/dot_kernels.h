#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace twin::vectors {

// Integer rows are padded with zeros to a multiple of this many elements.
constexpr size_t kInt8Pad = 32;
constexpr size_t padded(size_t dimensions) {
  return (dimensions + kInt8Pad - 1) / kInt8Pad * kInt8Pad;
}
// The largest magnitude that a query's integers may have, so that sums stay within 32 bits.
constexpr int query_max(size_t dimensions) {
  const size_t most = 2147483647 / 127 / (dimensions == 0 ? 1 : padded(dimensions));
  return static_cast<int>(most < 4095 ? most : 4095);
}

// The products of one instruction set. Deterministic: the order of every sum depends on the
// dimensions alone. Thread-safe. The scalar table is the reference of the others.
struct DotKernels {
  std::string_view name;  // "scalar", "avx2", "avx512"

  // out[i] = dot(query, row i) for `count` rows that begin `stride` floats apart.
  void (*f32)(const float* rows, size_t stride, size_t count, size_t dimensions, const float* query,
              float* out);
  // The same for rows of int8 that begin `stride` bytes apart, by a query of int16 within
  // query_max(). `dimensions` is a multiple of kInt8Pad. Exact.
  void (*int8)(const int8_t* rows, size_t stride, size_t count, size_t dimensions,
               const int16_t* query, int32_t* out);
  // The product of two int8 rows. Exact.
  int32_t (*int8_pair)(const int8_t* a, const int8_t* b, size_t dimensions);
};

const DotKernels& scalar_dot_kernels();
#ifdef TWIN_X86_SIMD
const DotKernels& avx2_dot_kernels();
const DotKernels& avx512_dot_kernels();
#endif

// What this processor has, slowest first.
std::vector<const DotKernels*> available_dot_kernels();

// The fastest, or the one that `forced` (TWIN_FORCE_ISA, empty: none) names; "avx512_bf16" means
// avx512 here. Errors: kUsage where there is no such table.
const DotKernels& choose_dot_kernels(std::string_view forced);

}  // namespace twin::vectors
