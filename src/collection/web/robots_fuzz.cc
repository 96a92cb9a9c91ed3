#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "collection/web/robots.h"
#include "collection/web/url.h"

// A robots.txt and, after its last line break, a link.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const twin::Robots robots = twin::Robots::parse(text, "twin-writer");
  const size_t line = text.rfind('\n');
  const std::string_view last = text.substr(line == std::string_view::npos ? 0 : line + 1);
  robots.allows(last);
  try {
    const twin::Url url = twin::Url::parse(last);
    if (twin::Url::parse(url.text()).text() != url.text()) __builtin_trap();
  } catch (const twin::Error&) {
  }
  static_cast<void>(twin::Url::resolve(twin::Url::parse("https://example.org/a/b"), last));
  return 0;
}
