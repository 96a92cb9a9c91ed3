#pragma once

#include "collection/web/source.h"

namespace twin {

// The sitemaps that robots.txt names; where it names none, the usual one as a guess.
std::vector<FoundLink> sitemaps_of(const FetchedPage& page);

// Reads a sitemap for posts, an index for sitemaps that may list posts. A page that may be a post
// or not is a kGuess, unless its sitemap's name says that it lists posts. Errors: kBadInput.
PageReading read_sitemap_page(const FetchedPage& page);

}  // namespace twin
