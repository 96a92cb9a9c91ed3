#include "collection/web/blog.h"

#include "collection/web/listing.h"
#include "collection/web/path_kind.h"
#include "collection/web/post_reading.h"
#include "collection/web/sitemap_reading.h"

namespace twin {
namespace {

bool is_feed_type(const FetchedPage& page) {
  const std::string& type = page.media_type;
  return type.find("rss") != std::string::npos || type.find("atom") != std::string::npos ||
         type == "application/feed+json" ||
         (type.find("xml") != std::string::npos && type.find("xhtml") == std::string::npos);
}

void add(std::vector<FoundLink>& links, const Url& url, LinkKind kind, bool guessed = false) {
  for (const FoundLink& link : links) {
    if (link.url == url) return;
  }
  links.push_back({url, kind, guessed});
}

// What an HTML page lists: posts and further lists.
void add_listed(const PageLinks& page, const Url& url, std::vector<FoundLink>& links) {
  for (const ListedPost& post : listed_posts(page, url)) {
    links.push_back({post.url, post.is_certain ? LinkKind::kPage : LinkKind::kGuess});
  }
  for (const Url& list : further_listings(page, url)) add(links, list, LinkKind::kArchive);
}

}  // namespace

std::vector<FoundLink> Blog::begin(const Url& url) const {
  const bool post = path_kind(url.text()) == PathKind::kPost;
  return {{url, post ? LinkKind::kPage : LinkKind::kSite}};
}

PageReading Blog::read(const FetchedPage& page, LinkKind kind, const Author& author) const {
  switch (kind) {
    case LinkKind::kSite:
      return read_site(page, author);
    case LinkKind::kFeed:
      return read_feed_page(page, author, feed_habits());
    case LinkKind::kSitemap:
      return read_sitemap_page(page);
    case LinkKind::kArchive:
      return read_archive(page, author);
    case LinkKind::kPage:
    case LinkKind::kGuess:
      break;
  }
  return read_page(page, kind, author);
}

PageReading Blog::read_site(const FetchedPage& page, const Author& author) const {
  // A person may give a feed's or a sitemap's address.
  if (is_feed_type(page)) {
    const bool map = page.text.find("<urlset") != std::string::npos ||
                     page.text.find("<sitemapindex") != std::string::npos;
    return map ? read_sitemap_page(page) : read_feed_page(page, author, feed_habits());
  }
  const bool root = page.url.path() == "/" && page.url.query().empty();
  if (!root && path_kind(page.url.text()) == PathKind::kMaybe && says_article(page.text)) {
    return read_page(page, LinkKind::kPage, author);
  }
  PageReading reading;
  const PageLinks links = read_page_links(page.text, page.url);
  for (const Url& feed : links.feeds) add(reading.links, feed, LinkKind::kFeed);
  for (const FoundLink& list : usual_lists(page.url)) {
    if (list.kind == LinkKind::kFeed && !links.feeds.empty()) continue;  // the page names its own
    add(reading.links, list.url, list.kind, list.guessed);
  }
  if (root) {
    for (const FoundLink& map : sitemaps_of(page)) {
      add(reading.links, map.url, map.kind, map.guessed);
    }
  }
  add_listed(links, page.url, reading.links);
  if (reading.links.empty()) {
    reading.skipped = "a page that lists no posts, and names no feed";
    reading.needs_browser = true;
  }
  return reading;
}

PageReading Blog::read_archive(const FetchedPage& page, const Author&) const {
  PageReading reading;
  add_listed(read_page_links(page.text, page.url), page.url, reading.links);
  return reading;
}

PageReading Blog::read_page(const FetchedPage& page, LinkKind kind, const Author& author) const {
  return read_post(page, kind, author, platform());
}

}  // namespace twin
