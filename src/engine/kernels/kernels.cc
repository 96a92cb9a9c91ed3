#include "engine/kernels/kernels.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "engine/kernels/tables.h"

namespace twin::kernels {
namespace {

template <class T>
using Gemm = void (*)(size_t, size_t, size_t, Strided<T>, Strided<T>, float*, size_t, bool);

// Below this many multiplications a second thread costs more than it brings.
constexpr size_t kParallelWork = size_t{1} << 18;

// Cuts the longer side of C between the threads. Each element of C is one thread's alone and its
// sum runs over K in the same blocks wherever the cut falls, so the result does not depend on it.
template <class T>
void split(Context& context, Gemm<T> gemm, size_t M, size_t N, size_t K, Strided<T> A, Strided<T> B,
           float* C, size_t ldc, bool accumulate) {
  if (M * N * K < kParallelWork) {
    gemm(M, N, K, A, B, C, ldc, accumulate);
  } else if (M >= N) {
    context.threads.parallel_for(
        M,
        [&](size_t begin, size_t end, size_t) {
          gemm(end - begin, N, K, {A.data + begin * A.row_stride, A.row_stride, A.col_stride}, B,
               C + begin * ldc, ldc, accumulate);
        },
        14);
  } else {
    context.threads.parallel_for(
        N,
        [&](size_t begin, size_t end, size_t) {
          gemm(M, end - begin, K, A, {B.data + begin * B.col_stride, B.row_stride, B.col_stride},
               C + begin, ldc, accumulate);
        },
        32);
  }
}

}  // namespace

std::vector<const Kernels*> available_kernels() {
  std::vector<const Kernels*> tables = {&scalar_kernels()};
#ifdef TWIN_X86_SIMD
  __builtin_cpu_init();  // also asks the operating system whether it saves the wide registers
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    tables.push_back(&avx2_kernels());
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                        __builtin_cpu_supports("avx512vnni");
    if (avx512) tables.push_back(&avx512_kernels());
    if (avx512 && __builtin_cpu_supports("avx512bf16")) tables.push_back(&avx512_bf16_kernels());
  }
#endif
  return tables;
}

const Kernels& choose_kernels(std::string_view forced) {
  const std::vector<const Kernels*> tables = available_kernels();
  if (forced.empty()) return *tables.back();
  std::string names;
  for (const Kernels* table : tables) {
    if (table->name == forced) return *table;
    names += (names.empty() ? "" : ", ") + std::string(table->name);
  }
  throw Error(ErrorCode::kUsage, fmt::format("TWIN_FORCE_ISA is '{}'; this program on this "
                                             "processor has {}",
                                             forced, names));
}

void matmul(Context& context, const Kernels& kernels, size_t M, size_t N, size_t K,
            Strided<float> A, Strided<float> B, float* C, size_t ldc, bool accumulate) {
  // A row by a transposed weight, y = W x: reads W once, straight from memory.
  if (M == 1 && !accumulate && A.col_stride == 1 && B.row_stride == 1 && B.col_stride == K) {
    const auto rows = [&](size_t begin, size_t end, size_t) {
      kernels.gemv_f32(end - begin, K, B.data + begin * K, K, A.data, C + begin);
    };
    if (N * K < kParallelWork) return rows(0, N, 0);
    return context.threads.parallel_for(N, rows);
  }
  split<float>(context, kernels.gemm_f32, M, N, K, A, B, C, ldc, accumulate);
}

void matmul(Context& context, const Kernels& kernels, size_t M, size_t N, size_t K, Strided<bf16> A,
            Strided<bf16> B, float* C, size_t ldc, bool accumulate) {
  split<bf16>(context, kernels.gemm_bf16, M, N, K, A, B, C, ldc, accumulate);
}

}  // namespace twin::kernels
