#include <cstdint>

#include "base/error.h"
#include "collection/documents/pdf.h"
#include "text/unicode.h"

// Any bytes are read as a PDF or refused; what is read is valid text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const twin::DocumentReading reading =
        twin::read_pdf({reinterpret_cast<const char*>(data), size}, "fuzz");
    TWIN_CHECK(twin::is_valid_utf8(reading.markdown) && twin::is_valid_utf8(reading.title));
  } catch (const twin::Error& error) {
    TWIN_CHECK(error.code() == twin::ErrorCode::kBadInput);
  }
  return 0;
}
