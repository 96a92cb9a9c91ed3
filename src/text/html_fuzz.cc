#include <cstdint>

#include "base/error.h"
#include "text/html.h"
#include "text/unicode.h"

// Any bytes are read as a page or refused; valid text stays valid.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view html(reinterpret_cast<const char*>(data), size);
  try {
    const twin::HtmlReading reading = twin::html_to_markdown(html, "fuzz");
    TWIN_CHECK(twin::is_valid_utf8(reading.markdown));
  } catch (const twin::Error& error) {
    TWIN_CHECK(error.code() == twin::ErrorCode::kBadInput);
  }
  return 0;
}
