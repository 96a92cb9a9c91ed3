#include "collection/web/blog.h"

#include <cstdint>

#include "base/error.h"
#include "text/unicode.h"

// Any bytes are read by every platform as every kind of page, or refused; what comes of them is
// UTF-8.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const twin::Author author = twin::author_from_full_name("Maren Holt");
  twin::BlogPlatforms platforms = twin::make_blog_platforms();
  for (const char* address : {"https://a.example/", "https://a.example/api/v1/archive?offset=0",
                              "https://a.example/wp-json/wp/v2/posts?page=1",
                              "https://dev.to/api/articles?username=a&page=1"}) {
    const twin::Url url = twin::Url::parse(address);
    twin::FetchedPage page{url, url, "text/html", twin::replace_invalid_utf8(bytes), bytes, {}, {}};
    for (const auto& platform : platforms) {
      for (const twin::LinkKind kind :
           {twin::LinkKind::kSite, twin::LinkKind::kPage, twin::LinkKind::kGuess,
            twin::LinkKind::kFeed, twin::LinkKind::kSitemap, twin::LinkKind::kArchive}) {
        try {
          platform->recognises(page);
          const twin::PageReading reading = platform->read(page, kind, author);
          for (const twin::RawDocument& document : reading.documents) {
            TWIN_CHECK(twin::is_valid_utf8(document.verbatim) && !document.link.empty());
          }
          for (const twin::RawDocument& document : reading.stand_ins) {
            TWIN_CHECK(twin::is_valid_utf8(document.verbatim) && !document.link.empty());
          }
        } catch (const twin::Refusal&) {
        } catch (const twin::Error& error) {
          TWIN_CHECK(error.code() == twin::ErrorCode::kBadInput);
        }
      }
    }
  }
  return 0;
}
