#include "stores/vectors/dot_kernels.h"

#include <fmt/format.h>

#include <string>

#include "base/error.h"

namespace twin::vectors {

std::vector<const DotKernels*> available_dot_kernels() {
  std::vector<const DotKernels*> tables = {&scalar_dot_kernels()};
#ifdef TWIN_X86_SIMD
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    tables.push_back(&avx2_dot_kernels());
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
      tables.push_back(&avx512_dot_kernels());
    }
  }
#endif
  return tables;
}

const DotKernels& choose_dot_kernels(std::string_view forced) {
  const std::vector<const DotKernels*> tables = available_dot_kernels();
  if (forced.empty()) return *tables.back();
  const std::string_view wanted = forced == "avx512_bf16" ? "avx512" : forced;
  std::string names;
  for (const DotKernels* table : tables) {
    if (table->name == wanted) return *table;
    names += (names.empty() ? "" : ", ") + std::string(table->name);
  }
  throw Error(ErrorCode::kUsage, fmt::format("TWIN_FORCE_ISA is '{}'; this program on this "
                                             "processor has {}",
                                             forced, names));
}

}  // namespace twin::vectors
