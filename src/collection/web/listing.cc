#include "collection/web/listing.h"

#include <algorithm>
#include <map>

#include "collection/web/path_kind.h"
#include "collection/web/same_site.h"
#include "text/unicode.h"

namespace twin {
namespace {

size_t count_words(std::string_view text) { return words(text).size(); }

// Rows of a list: links that stand in the same place.
struct Row {
  std::vector<const PageLink*> links;
  size_t titles = 0;  // of them under three words or more
};

bool is_listing_name(const std::string& text) {
  const std::string words = lower(text);
  for (const std::string_view name :
       {"archive",  "archives",      "all posts", "blog",         "posts",       "writing",
        "writings", "articles",      "essays",    "all articles", "all writing", "see all",
        "view all", "full archive",  "journal",   "notes",        "all",         "more",
        "archiv",   "alle beiträge", "beiträge"}) {
    if (words == name) return true;
  }
  return false;
}

}  // namespace

std::vector<ListedPost> listed_posts(const PageLinks& page, const Url& url) {
  std::map<std::string, Row> rows;
  for (const PageLink& link : page.links) {
    if (link.in_chrome || !same_site(link.url, url)) continue;
    Row& row = rows[link.place];
    row.links.push_back(&link);
    row.titles += count_words(link.text) >= 3 ? 1 : 0;
  }
  std::vector<ListedPost> posts;
  for (const PageLink& link : page.links) {
    if (!same_site(link.url, url) || link.url == url) continue;
    const PathKind kind = path_kind(link.url.text());
    if (kind == PathKind::kPost && !link.in_chrome) {
      posts.push_back({link.url, true});
    } else if (kind == PathKind::kMaybe && !link.in_chrome) {
      const Row& row = rows[link.place];
      // Most rows of a list of posts have titles; of a menu, a word or two.
      if (row.links.size() >= 3 && row.titles * 2 >= row.links.size()) {
        posts.push_back({link.url, false});
      }
    }
  }
  return posts;
}

std::vector<Url> further_listings(const PageLinks& page, const Url& url) {
  constexpr size_t kMost = 12;
  std::vector<Url> listings;
  const auto add = [&](const Url& link) {
    const bool known = std::find(listings.begin(), listings.end(), link) != listings.end();
    if (!known && link != url && same_site(link, url) && listings.size() < kMost) {
      listings.push_back(link);
    }
  };
  if (page.next) add(*page.next);
  for (const PageLink& link : page.links) {
    if (is_listing_name(link.text) && path_kind(link.url.text()) == PathKind::kListing)
      add(link.url);
  }
  return listings;
}

}  // namespace twin
