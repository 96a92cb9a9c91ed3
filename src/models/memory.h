#pragma once

#include <cstddef>
#include <string>

#include "engine/model/tensors.h"

namespace twin {

// What running a model takes: its weights (mapped files count, as every token reads all of them),
// the keys and values of all positions, and what a forward works in.
struct MemoryNeed {
  size_t weights_bytes = 0;
  size_t cache_bytes = 0;
  size_t scratch_bytes = 0;
  size_t total() const { return weights_bytes + cache_bytes + scratch_bytes; }
};

// For `sequences` at once, each of up to `positions` positions.
MemoryNeed memory_need(const DecoderTensors& tensors, size_t positions, size_t sequences = 1);

// Throws Error(kDoesNotFit) with all numbers where `need` is over `available_bytes` (0: unknown).
// `what` names the model.
void check_fits(const MemoryNeed& need, size_t available_bytes, const std::string& what);

}  // namespace twin
