#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace twin {

struct SitemapEntry {
  std::string link;           // absolute
  std::string last_modified;  // ISO 8601, empty where it is not said
};

struct Sitemap {
  bool is_index = false;              // the entries are sitemaps
  std::vector<SitemapEntry> entries;  // in the sitemap's order
  bool well_formed = true;            // else it was read as far as possible
};

struct SitemapLimits {
  size_t max_bytes = 50 << 20;  // unpacked: the protocol's own limits
  size_t max_entries = 50'000;  // more are left out
};

// Reads a sitemap, an index of sitemaps or a text of one link a line; also packed by gzip. `where`
// and `charset` as in read_feed(). Errors: kBadInput for what is none of these, and where a limit
// is passed. Source: sitemaps.org/protocol.html.
Sitemap read_sitemap(std::string_view bytes, std::string_view where, std::string_view charset = {},
                     const SitemapLimits& limits = {});

}  // namespace twin
