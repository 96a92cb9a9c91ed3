#include "collection/web/medium.h"
#include "collection/web/blog.h"
#include "collection/web/marks.h"
#include "collection/web/path_kind.h"

namespace twin {
namespace {

std::string without_query(const std::string& link) { return link.substr(0, link.find('?')); }

// Takes out what Medium adds in its feeds: where a reader came from; behind a story a counter's
// picture and where it was published.
void mend(FeedEntry& entry) {
  entry.link = without_query(entry.link);
  for (const std::string_view mark :
       {"<img src=\"https://medium.com/_/stat?", "was originally published in <a "}) {
    const size_t at = entry.content.rfind(mark);
    if (at == std::string::npos) continue;
    // The paragraph that names the story, and the rule above it.
    const size_t rule = entry.content.rfind("<hr", at);
    const bool ours = mark[0] == '<' || rule == std::string::npos || at - rule > 2000;
    entry.content.erase(ours ? at : rule);
  }
}

// Stories of a profile or publication stand in its feed, the newest ten of them whole; the others
// are found on its page and in its sitemap. Medium's pages refuse many crawlers: the feed then
// stands in.
class Medium : public Blog {
 public:
  std::string_view name() const override { return "medium"; }
  bool takes(const Url& url) const override { return url.within("medium.com"); }
  bool recognises(const FetchedPage& page) const override {
    return has_mark(page, {"com.medium.reader", "<generator>Medium</generator>",
                           "\"al:ios:app_name\" content=\"Medium\""});
  }

  std::vector<FoundLink> begin(const Url& url) const override {
    if (path_kind(url.text()) == PathKind::kPost) return {{url, LinkKind::kPage}};
    const std::string folder = url.path().substr(0, url.path().find('/', 1));
    const bool shared = url.host() == "medium.com" || url.host() == "www.medium.com";
    if (!shared) {
      return {{Url::parse(url.origin() + "/feed"), LinkKind::kFeed},
              {Url::parse(url.origin() + "/"), LinkKind::kSite}};
    }
    if (folder.size() < 2) {
      throw Refusal{"failed", "whose stories? give a profile's address: https://medium.com/@name"};
    }
    const std::string feed = folder == "/feed" ? url.text() : url.origin() + "/feed" + folder;
    std::vector<FoundLink> links = {{Url::parse(feed), LinkKind::kFeed}};
    if (folder != "/feed") links.push_back({Url::parse(url.origin() + folder), LinkKind::kSite});
    return links;
  }

  PageReading read(const FetchedPage& page, LinkKind kind, const Author& author) const override {
    PageReading reading = Blog::read(page, kind, author);
    for (FoundLink& link : reading.links) {
      // Where a reader came from ("?source="), on any host.
      if (!is_list(link.kind)) link.url = Url::parse(without_query(link.url.text()));
    }
    return reading;
  }

 protected:
  FeedHabits feed_habits() const override {
    return {.platform = name(), .leads_to_other_hosts = true, .mend = mend};
  }
  std::vector<FoundLink> usual_lists(const Url& site) const override {
    if (site.host() == "medium.com") return {};  // everybody's
    return {{Url::parse(site.origin() + "/feed"), LinkKind::kFeed, true}};
  }
};

}  // namespace

std::unique_ptr<Blog> make_medium() { return std::make_unique<Medium>(); }

}  // namespace twin
