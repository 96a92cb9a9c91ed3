#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "collection/web/feed_reading.h"
#include "collection/web/source.h"

namespace twin {

// How most of the web publishes: a site with a feed, a sitemap and pages that list posts. Platforms
// change what is theirs. A site's own page leads to its feeds, its sitemaps and further lists;
// those lead to posts. A site whose address is a folder ("/blog/", "/author/ada/") is found through
// its feeds and lists alone: a sitemap is the whole host's.
class Blog : public WebSource {
 public:
  // Whether a page is written by the platform, wherever it stands: sites have names of their own.
  virtual bool recognises(const FetchedPage& page) const = 0;

  std::vector<FoundLink> begin(const Url& url) const override;
  PageReading read(const FetchedPage& page, LinkKind kind, const Author& author) const override;

 protected:
  // RawDocument::platform; empty: the page's host.
  virtual std::string_view platform() const { return name(); }
  // Where the platform has a site's posts beside what its page names.
  virtual std::vector<FoundLink> usual_lists(const Url& /*site*/) const { return {}; }
  virtual FeedHabits feed_habits() const { return {.platform = platform()}; }
  virtual PageReading read_site(const FetchedPage& page, const Author& author) const;
  // Of a kArchive: a page of HTML by default.
  virtual PageReading read_archive(const FetchedPage& page, const Author& author) const;
  virtual PageReading read_page(const FetchedPage& page, LinkKind kind, const Author& author) const;
};

using BlogPlatforms = std::vector<std::unique_ptr<Blog>>;

// The platforms that are known by more than their hosts. The one registry of them: a file each, a
// line each in blog_platforms.cc.
BlogPlatforms make_blog_platforms();

// Any site that none of the platforms takes by its host: read as the platform that its pages show,
// else as a blog.
std::unique_ptr<WebSource> make_any_site();

}  // namespace twin
