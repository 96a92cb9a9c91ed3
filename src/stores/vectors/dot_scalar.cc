#include "stores/vectors/dot_kernels.h"

namespace twin::vectors {
namespace {

void f32(const float* rows, size_t stride, size_t count, size_t dimensions, const float* query,
         float* out) {
  for (size_t i = 0; i < count; ++i) {
    const float* row = rows + i * stride;
    float sum = 0;
    for (size_t d = 0; d < dimensions; ++d) sum += row[d] * query[d];
    out[i] = sum;
  }
}

void int8(const int8_t* rows, size_t stride, size_t count, size_t dimensions, const int16_t* query,
          int32_t* out) {
  for (size_t i = 0; i < count; ++i) {
    const int8_t* row = rows + i * stride;
    int32_t sum = 0;
    for (size_t d = 0; d < dimensions; ++d) sum += row[d] * query[d];
    out[i] = sum;
  }
}

int32_t int8_pair(const int8_t* a, const int8_t* b, size_t dimensions) {
  int32_t sum = 0;
  for (size_t d = 0; d < dimensions; ++d) sum += a[d] * b[d];
  return sum;
}

}  // namespace

const DotKernels& scalar_dot_kernels() {
  static constexpr DotKernels table = {"scalar", f32, int8, int8_pair};
  return table;
}

}  // namespace twin::vectors
