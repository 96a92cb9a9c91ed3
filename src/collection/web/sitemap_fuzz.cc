#include "collection/web/sitemap.h"

#include <cstdint>

#include "base/error.h"
#include "text/unicode.h"

// Any bytes are a sitemap or refused; what is read of one is UTF-8 and within the limits.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const twin::SitemapLimits limits{.max_bytes = 1 << 20, .max_entries = 100};
  try {
    const twin::Sitemap found = twin::read_sitemap(bytes, "https://a.example/s.xml", {}, limits);
    TWIN_CHECK(found.entries.size() <= limits.max_entries);
    for (const twin::SitemapEntry& entry : found.entries) {
      TWIN_CHECK(!entry.link.empty() && twin::is_valid_utf8(entry.link));
    }
  } catch (const twin::Error& error) {
    TWIN_CHECK(error.code() == twin::ErrorCode::kBadInput);
  }
  return 0;
}
