#include "collection/web/feed.h"

#include <cstdint>

#include "base/error.h"
#include "collection/web/iso_date.h"
#include "text/unicode.h"

// Any bytes are a feed or refused; what is read of one is UTF-8 and within the limits.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const twin::FeedLimits limits{.max_bytes = 1 << 20, .max_entries = 100};
  try {
    const twin::Feed feed = twin::read_feed(bytes, "https://a.example/feed", {}, limits);
    TWIN_CHECK(feed.entries.size() <= limits.max_entries);
    for (const twin::FeedEntry& entry : feed.entries) {
      TWIN_CHECK(twin::is_valid_utf8(entry.content) && twin::is_valid_utf8(entry.title));
      TWIN_CHECK(twin::is_valid_utf8(entry.link));
      TWIN_CHECK(entry.date.empty() || twin::iso_date(entry.date) == entry.date);
    }
  } catch (const twin::Error& error) {
    TWIN_CHECK(error.code() == twin::ErrorCode::kBadInput);
  }
  return 0;
}
