#include "collection/web/feed_reading.h"

#include "collection/web/bylines.h"
#include "collection/web/path_kind.h"
#include "collection/web/post_reading.h"
#include "collection/web/same_site.h"

namespace twin {
namespace {

// Where a feed says nothing of its next page but its software is known to have one. WordPress
// answers with 404 after the last.
std::optional<Url> guessed_next(const Feed& feed, const Url& url) {
  if (feed.entries.empty() || feed.generator.find("wordpress") == std::string::npos) {
    return std::nullopt;
  }
  const size_t at = url.text().find("paged=");
  const int number = at == std::string::npos ? 1 : std::atoi(url.text().c_str() + at + 6);
  if (number < 1 || number >= 5000) return std::nullopt;
  const std::string base = url.text().substr(0, at == std::string::npos ? at : at - 1);
  const char mark = base.find('?') == std::string::npos ? '?' : '&';
  return Url::parse(base + mark + "paged=" + std::to_string(number + 1));
}

}  // namespace

PageReading read_feed_page(const FetchedPage& page, const Author& author,
                           const FeedHabits& habits) {
  PageReading reading;
  const Feed feed = read_feed(page.text, page.url.text(), "UTF-8");
  const std::optional<Url> site = Url::resolve(page.url, feed.link);
  for (FeedEntry entry : feed.entries) {
    if (habits.mend) habits.mend(entry);
    const std::optional<Url> url = Url::resolve(page.url, entry.link);
    if (!url || path_kind(url->text()) == PathKind::kListing) continue;
    // Blogs of links name what they speak of as the entry's page.
    const bool own = habits.leads_to_other_hosts || same_site(*url, page.url) ||
                     (site && same_site(*url, *site));
    if (!own) {
      reading.refused.push_back({*url, "a page of another site, which the feed links to"});
      continue;
    }
    const BylineVerdict verdict = judge_bylines(author, entry.authors);
    if (!verdict.by_author) {
      reading.refused.push_back({*url, verdict.reason});
      continue;
    }
    reading.links.push_back({*url, LinkKind::kPage});
    const bool whole = entry.is_whole || (habits.description_is_whole && !entry.content.empty());
    if (!whole) continue;
    RawDocument document =
        post_document({.url = *url,
                       .title = entry.title,
                       .date = entry.date,
                       .language = entry.language.empty() ? feed.language : entry.language,
                       .bylines = entry.authors,
                       .tags = entry.tags,
                       .content = std::move(entry.content),
                       .is_html = entry.is_html},
                      habits.platform, page.headers);
    if (!document.verbatim.empty()) reading.stand_ins.push_back(std::move(document));
  }
  if (!feed.next.empty()) {
    if (const std::optional<Url> next = Url::resolve(page.url, feed.next)) {
      reading.links.push_back({*next, LinkKind::kFeed});
    }
  } else if (const std::optional<Url> next = guessed_next(feed, page.url)) {
    reading.links.push_back({*next, LinkKind::kFeed, true});
  }
  return reading;
}

}  // namespace twin
