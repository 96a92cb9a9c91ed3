#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "models/parity.h"

// A text is refused with an Error, or it is a record that our own writing of it gives again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const twin::ParityRecord record = twin::parse_parity(text, "fuzz");
    twin::parse_parity(twin::parity_json(record), "again");
  } catch (const twin::Error&) {
  }
  return 0;
}
