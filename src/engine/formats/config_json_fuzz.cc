#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "engine/formats/model_folder.h"

// A text is refused with an Error, or it is a model's shape that our own writing of it gives again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const twin::DecoderConfig config = twin::parse_config(text, "fuzz");
    const char* dtype = config.embedding_scale == 1 ? "float32" : "bfloat16";
    twin::parse_config(twin::config_json(config, dtype), "again");
  } catch (const twin::Error&) {
  }
  return 0;
}
