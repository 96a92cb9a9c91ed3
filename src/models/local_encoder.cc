#include "models/local_encoder.h"

#include "base/machine.h"
#include "models/memory.h"

namespace twin {

void check_encoder_fits(const EncoderConfig& config, EncoderCompute compute,
                        const std::string& what) {
  const size_t parameters = parameter_count(config);
  MemoryNeed need;
  // The file's own, and the layers once more in the form they are multiplied in.
  need.weights_bytes = parameters * (compute == EncoderCompute::kInt8 ? 6 : 8);
  need.scratch_bytes = size_t{64} << 20;
  check_fits(need, available_memory_bytes(), what);
}

}  // namespace twin
