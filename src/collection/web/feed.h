#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace twin {

// A post as a feed tells of it. What the feed does not say is empty.
struct FeedEntry {
  std::string link;  // of the post's page, absolute
  std::string id;    // guid, Atom id
  std::string title;
  std::string date;  // of publication, else of the last change; ISO 8601
  std::vector<std::string> authors;
  std::vector<std::string> tags;
  std::string language;
  // What the post says: the whole of it, or as much as the feed gives.
  std::string content;
  bool is_html = true;    // else plain text
  bool is_whole = false;  // the feed gives content, not a summary, and does not cut it off
};

enum class FeedKind { kRss, kAtom, kJson };

struct Feed {
  FeedKind kind = FeedKind::kRss;
  std::string title;
  std::string link;                // of the site
  std::string language;            // BCP 47
  std::string generator;           // the software that wrote it: "https://wordpress.org/?v=6.5.3"
  std::string next;                // the feed's next page, with older entries: absolute
  std::vector<FeedEntry> entries;  // in the feed's order
  bool well_formed = true;         // else it was read as far as possible
};

struct FeedLimits {
  size_t max_bytes = 32 << 20;
  size_t max_entries = 50'000;  // more are left out
};

// Reads RSS 0.9x, 1.0 and 2.0 (with content:encoded, dc:creator and their like), Atom 0.3 and 1.0
// (also xhtml content, and paging as RFC 5005 has it) and JSON Feed 1 and 1.1, told apart by what
// they are. `where` is the feed's address and the base of relative links; `charset` what the server
// says, empty where it does not. Errors: kBadInput for what is no feed, and where a limit is
// passed.
// Sources: rssboard.org/rss-specification, RFC 4287, RFC 5005, jsonfeed.org/version/1.1.
Feed read_feed(std::string_view bytes, std::string_view where, std::string_view charset = {},
               const FeedLimits& limits = {});

}  // namespace twin
