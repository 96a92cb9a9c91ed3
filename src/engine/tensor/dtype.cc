#include "engine/tensor/dtype.h"

#include <array>

#include "base/error.h"

namespace twin {
namespace {

// In the order of DType.
constexpr std::array<DTypeInfo, 14> kInfos = {{{"F32", 1, 4},
                                               {"F16", 1, 2},
                                               {"BF16", 1, 2},
                                               {"Q8_0", 32, 34},
                                               {"Q4_0", 32, 18},
                                               {"Q4_1", 32, 20},
                                               {"Q5_0", 32, 22},
                                               {"Q5_1", 32, 24},
                                               {"Q4_K", 256, 144},
                                               {"Q5_K", 256, 176},
                                               {"Q6_K", 256, 210},
                                               {"I64", 1, 8},
                                               {"I32", 1, 4},
                                               {"U8", 1, 1}}};

}  // namespace

const DTypeInfo& dtype_info(DType dtype) {
  const auto index = static_cast<size_t>(dtype);
  TWIN_CHECK(index < kInfos.size());
  return kInfos[index];
}

size_t dtype_bytes(DType dtype, size_t count) {
  const DTypeInfo& info = dtype_info(dtype);
  TWIN_CHECK(count % info.block == 0);
  return count / info.block * info.bytes;
}

}  // namespace twin
