#include "collection/web/sitemap_reading.h"

#include "collection/web/path_kind.h"
#include "collection/web/same_site.h"
#include "collection/web/sitemap.h"
#include "text/unicode.h"

namespace twin {
namespace {

std::string file_name(const Url& url) {
  return lower(url.path().substr(url.path().rfind('/') + 1));
}

bool has_any(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (text.find(word) != std::string_view::npos) return true;
  }
  return false;
}

// "post-sitemap.xml", "sitemap-posts.xml", "wp-sitemap-posts-post-1.xml"; not
// "...posts-page-1.xml".
bool lists_posts(const Url& sitemap) {
  const std::string name = file_name(sitemap);
  return has_any(name, {"post"}) && !has_any(name, {"posts-page", "posts-product", "post_tag"});
}

// Sitemaps by whose name nothing is a post: of tags, categories, authors, pictures, products.
bool lists_others(const Url& sitemap) {
  if (lists_posts(sitemap)) return false;
  return has_any(file_name(sitemap), {"tag", "categor", "author", "users", "taxonom", "image",
                                      "video", "product", "label", "topics", "-posts-page-"});
}

}  // namespace

std::vector<FoundLink> sitemaps_of(const FetchedPage& page) {
  std::vector<FoundLink> links;
  for (const std::string& named : page.sitemaps) {
    const std::optional<Url> url = Url::resolve(page.url, named);
    if (url && !lists_others(*url) && links.size() < 64) {
      links.push_back({*url, LinkKind::kSitemap});
    }
  }
  if (links.empty()) {
    links.push_back({Url::parse(page.url.origin() + "/sitemap.xml"), LinkKind::kSitemap, true});
  }
  return links;
}

PageReading read_sitemap_page(const FetchedPage& page) {
  PageReading reading;
  // What is packed is no text: its bytes count.
  const bool packed = page.raw.starts_with("\x1f\x8b");
  const Sitemap sitemap = packed ? read_sitemap(page.raw, page.url.text())
                                 : read_sitemap(page.text, page.url.text(), "UTF-8");
  const bool posts = lists_posts(page.url);
  for (const SitemapEntry& entry : sitemap.entries) {
    const std::optional<Url> url = Url::resolve(page.url, entry.link);
    if (!url || *url == page.url) continue;
    if (sitemap.is_index) {
      if (!lists_others(*url)) reading.links.push_back({*url, LinkKind::kSitemap});
      continue;
    }
    if (!same_site(*url, page.url)) continue;  // a sitemap speaks for its own host
    const PathKind kind = path_kind(url->text());
    if (kind == PathKind::kPost || (kind == PathKind::kMaybe && posts)) {
      reading.links.push_back({*url, LinkKind::kPage});
    } else if (kind == PathKind::kMaybe) {
      reading.links.push_back({*url, LinkKind::kGuess});
    }
  }
  return reading;
}

}  // namespace twin
