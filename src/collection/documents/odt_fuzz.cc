#include <cstdint>

#include "base/error.h"
#include "collection/documents/odt.h"
#include "text/unicode.h"

// Any bytes as any part are read as a document or refused; what is read is valid text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  twin::OdtParts parts;
  parts.content = parts.styles = parts.meta = bytes;
  try {
    const twin::DocumentReading reading = twin::read_odt(parts, "fuzz");
    TWIN_CHECK(twin::is_valid_utf8(reading.markdown) && twin::is_valid_utf8(reading.title));
  } catch (const twin::Error& error) {
    TWIN_CHECK(error.code() == twin::ErrorCode::kBadInput);
  }
  return 0;
}
