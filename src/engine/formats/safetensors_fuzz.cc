#include "engine/formats/safetensors.h"

#include <cstddef>
#include <cstdint>

#include "base/error.h"

// Bytes are refused with an Error, or every tensor lies within them and can be read.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::map<std::string, twin::TensorView> tensors;
  std::map<std::string, std::string> metadata;
  try {
    twin::parse_safetensors(bytes, "fuzz", tensors, metadata);
  } catch (const twin::Error&) {
    return 0;
  }
  for (const auto& [name, tensor] : tensors) {
    size_t count = 1;
    for (size_t dimension : tensor.shape) count *= dimension;
    TWIN_CHECK(tensor.bytes.empty() ||
               (tensor.bytes.data() >= bytes.data() + 8 &&
                tensor.bytes.data() + tensor.bytes.size() <= bytes.data() + size));
    std::vector<float> values(count);
    try {
      twin::read_as_f32(tensor, values);
    } catch (const twin::Error&) {  // whole numbers
    }
  }
  return 0;
}
