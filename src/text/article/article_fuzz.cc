#include <cstdint>

#include "base/error.h"
#include "text/article/article.h"
#include "text/unicode.h"

// Any bytes are read as a page or refused; what is read is text, and its ranges lie in it and in
// the page.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view html(reinterpret_cast<const char*>(data), size);
  try {
    const twin::ArticleReading reading = twin::read_article(html, "fuzz");
    TWIN_CHECK(twin::is_valid_utf8(reading.markdown) && twin::is_valid_utf8(reading.text));
    size_t last = 0;
    for (const twin::SourceRange& range : reading.ranges) {
      TWIN_CHECK(last <= range.text.begin && range.text.begin < range.text.end);
      TWIN_CHECK(range.text.end <= reading.markdown.size());
      TWIN_CHECK(range.source.begin <= range.source.end && range.source.end <= size);
      last = range.text.end;
    }
  } catch (const twin::Error& error) {
    TWIN_CHECK(error.code() == twin::ErrorCode::kBadInput);
  }
  return 0;
}
