#include "models/encoder_identity.h"

#include <string_view>

namespace twin {

void add_tensors(KeyHasher& hasher, const std::vector<TensorSlot>& slots) {
  for (const TensorSlot& slot : slots) {
    hasher.add(slot.name);
    for (const size_t side : slot.shape) hasher.add(static_cast<long long>(side));
    if (slot.matrix != nullptr) {
      const Matrix& m = *slot.matrix;
      hasher.add(dtype_info(m.dtype).name);
      hasher.add(std::string_view(static_cast<const char*>(m.data),
                                  dtype_bytes(m.dtype, m.rows * m.cols)));
    } else {
      hasher.add(std::string_view(reinterpret_cast<const char*>(slot.vector->data()),
                                  slot.vector->size_bytes()));
    }
  }
}

}  // namespace twin
