#pragma once

#include <vector>

#include "base/hashing.h"
#include "engine/model/tensors.h"

namespace twin {

// Adds each tensor's name, type, shape and bytes.
void add_tensors(KeyHasher& hasher, const std::vector<TensorSlot>& slots);

}  // namespace twin
