#include "engine/kernels/linear_x86.h"
#include "engine/kernels/tables.h"
#include "engine/kernels/vec_avx512.h"

namespace twin::kernels {

const Kernels& avx512_kernels() {
  static const Kernels table = make_table<avx512::Vec, avx512::Micro<float>, avx512::Micro<bf16>>(
      Isa::kAvx512, "avx512", avx512_linear());
  return table;
}

}  // namespace twin::kernels
