#include "collection/web/web_page_source.h"

#include "text/html.h"

namespace twin {
namespace {

class WebPageSource : public WebSource {
 public:
  std::string_view name() const override { return "web"; }
  bool takes(const Url&) const override { return true; }

  PageReading read(const FetchedPage& page, LinkKind, const Author&) const override {
    PageReading reading;
    if (page.media_type != "text/html" && page.media_type != "application/xhtml+xml") {
      reading.skipped = page.media_type + " is not a kind of page that is collected";
      return reading;
    }
    HtmlReading html = html_to_markdown(page.text, page.url.text());
    if (html.markdown.empty()) {
      reading.skipped = "a page without text";
      reading.needs_browser = true;
      return reading;
    }
    RawDocument document;
    document.platform = page.url.host();
    document.link = page.url.text();
    document.title = html.title;
    document.date = html.date;
    document.language = html.language;
    if (!html.author.empty()) document.bylines = {html.author};
    document.media_type = "text/html";
    document.raw = page.raw;
    document.headers = page.headers;
    document.extractor = kHtmlExtractor;
    document.verbatim = std::move(html.markdown);
    reading.documents.push_back(std::move(document));
    return reading;
  }
};

}  // namespace

std::unique_ptr<WebSource> make_web_page_source() { return std::make_unique<WebPageSource>(); }

}  // namespace twin
