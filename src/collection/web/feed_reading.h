#pragma once

#include <functional>
#include <string_view>

#include "collection/web/feed.h"
#include "collection/web/source.h"

namespace twin {

// What a platform's feeds are like.
struct FeedHabits {
  std::string_view platform;          // of the documents; empty: the host
  bool leads_to_other_hosts = false;  // the platform's posts have many
  bool description_is_whole = false;  // posts stand whole where others have a summary
  // Changes what the platform puts into a post that is not the author's.
  std::function<void(FeedEntry&)> mend = {};
};

// Reads a feed: its posts as links, those of other authors refused, and where the feed has all of a
// post a stand-in for its page. The feed's next page is a link too. Errors: kBadInput.
PageReading read_feed_page(const FetchedPage& page, const Author& author, const FeedHabits& habits);

}  // namespace twin
