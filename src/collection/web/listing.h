#pragma once

#include <vector>

#include "collection/web/page_links.h"

namespace twin {

struct ListedPost {
  Url url;
  bool is_certain = true;  // else it may be another page: what the page says of itself decides
};

// The posts that a page lists, if it is a list of posts: links on the page's own host that look
// like posts, and those that stand like rows of a list (three or more in the same place) under
// words enough to be titles. Menus, headers, footers, sidebars, tags, categories and authors are
// none.
std::vector<ListedPost> listed_posts(const PageLinks& page, const Url& url);

// Further pages of the same host that list posts: "Archive", "All posts", "Blog", the next page.
std::vector<Url> further_listings(const PageLinks& page, const Url& url);

}  // namespace twin
