#include "collection/web/post_reading.h"

#include <fmt/format.h>

#include "collection/web/bylines.h"
#include "collection/web/page_links.h"
#include "collection/web/same_site.h"
#include "text/article/article.h"
#include "text/html.h"
#include "text/unicode.h"

namespace twin {
namespace {

bool is_html(const FetchedPage& page) {
  return page.media_type.empty() || page.media_type == "text/html" ||
         page.media_type == "application/xhtml+xml";
}

// The address that a page says is its own, where it is on the same site: elsewhere the same text
// may stand in another form, and is a document of its own.
const Url& known_by(const Url& url, const PageLinks& links) {
  // A home page as every page's address is a mistake of the site's.
  const bool usable =
      links.canonical && same_site(*links.canonical, url) && links.canonical->path() != "/";
  return usable ? *links.canonical : url;
}

// Whoever the page says wrote it: to machines, or else to readers.
std::vector<std::string> bylines_of(const ArticleReading& article, const PageLinks& links) {
  if (!article.authors.empty()) return article.authors;
  const std::vector<std::string> names = byline_names(article.byline);
  return names.empty() ? links.authors : names;
}

}  // namespace

bool says_article(std::string_view html) {
  // Both statements stand in the head or right after it, in few spellings.
  std::string head;
  for (const char c : html.substr(0, size_t{512} << 10)) {
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') head += c == '\'' ? '"' : c;
  }
  head = lower(head);
  for (const std::string_view mark :
       {"property=\"og:type\"content=\"article\"", "content=\"article\"property=\"og:type\"",
        "\"@type\":\"blogposting\"", "\"@type\":\"article\"", "\"@type\":\"newsarticle\"",
        "\"@type\":[\"article\"", "\"@type\":[\"blogposting\"", "schema.org/blogposting\"",
        "schema.org/article\""}) {
    if (head.find(mark) != std::string::npos) return true;
  }
  return false;
}

PageReading read_post(const FetchedPage& page, LinkKind kind, const Author& author,
                      std::string_view platform) {
  PageReading reading;
  if (!is_html(page)) {
    reading.skipped = fmt::format("no page but {}", page.media_type);
    return reading;
  }
  if (kind == LinkKind::kGuess && !says_article(page.text)) {
    reading.skipped = "a page of the site that does not say it is an article";
    return reading;
  }
  ArticleReading article = read_article(page.text, page.url.text());
  HtmlReading whole;  // a page of nothing but a text is read whole
  if (!article.is_article) {
    whole = html_to_markdown(page.text, page.url.text());
    if (whole.markdown.empty() || whole.has_chrome) {
      reading.skipped = whole.markdown.empty() ? "a page without text" : "no article on this page";
      reading.needs_browser = true;
      return reading;
    }
  }
  RawDocument document;
  const PageLinks links = read_page_links(page.text, page.url);
  document.bylines = bylines_of(article, links);
  const BylineVerdict verdict = judge_bylines(author, document.bylines);
  if (!verdict.by_author) {
    reading.skipped = verdict.reason;
    return reading;
  }
  document.platform = platform.empty() ? page.url.host() : std::string(platform);
  document.link = known_by(page.url, links).text();
  document.tags = links.tags;
  document.title = article.title;
  document.date = article.date;
  document.language = article.language;
  document.media_type = "text/html";
  document.raw = page.raw;
  document.headers = page.headers;
  document.extractor = article.is_article ? kArticleExtractor : kHtmlExtractor;
  document.verbatim = std::move(article.is_article ? article.markdown : whole.markdown);
  reading.documents.push_back(std::move(document));
  return reading;
}

RawDocument post_document(const PartialPost& post, std::string_view platform,
                          const std::string& headers) {
  RawDocument document;
  document.platform = platform.empty() ? post.url.host() : std::string(platform);
  document.link = post.url.text();
  document.title = post.title;
  document.date = post.date;
  document.language = post.language;
  document.bylines = post.bylines;
  document.tags = post.tags;
  document.headers = headers;
  document.raw = post.content;
  if (post.is_html) {
    document.media_type = "text/html";
    document.extractor = kHtmlExtractor;
    document.verbatim = html_to_markdown(post.content, post.url.text()).markdown;
  } else {
    document.media_type = "text/plain";
    document.verbatim = post.content;
  }
  return document;
}

}  // namespace twin
