#include "collection/web/blogger.h"

#include "collection/web/marks.h"

namespace twin {
namespace {

// All posts stand whole in the feed, page after page.
class Blogger : public Blog {
 public:
  std::string_view name() const override { return "blogger"; }
  bool takes(const Url& url) const override {
    return url.host().find(".blogspot.") != std::string::npos;
  }
  bool recognises(const FetchedPage& page) const override {
    return has_mark(page,
                    {"content='blogger' name='generator'", "content=\"blogger\" name=\"generator\"",
                     "http://www.blogger.com'>Blogger</generator>",
                     "'http://schemas.google.com/blogger/2008'"});
  }

  PageReading read(const FetchedPage& page, LinkKind kind, const Author& author) const override {
    PageReading reading = Blog::read(page, kind, author);
    if (kind != LinkKind::kFeed) return reading;
    // The next page is named on Blogger's own host; the blog's has it as well.
    for (FoundLink& link : reading.links) {
      if (link.kind == LinkKind::kFeed && link.url.within("blogger.com")) {
        const std::string& query = link.url.query();
        link.url = Url::parse(page.url.origin() + "/feeds/posts/default" +
                              (query.empty() ? query : '?' + query));
      }
    }
    return reading;
  }

 protected:
  std::vector<FoundLink> usual_lists(const Url& site) const override {
    return {{Url::parse(site.origin() + "/feeds/posts/default"), LinkKind::kFeed, true}};
  }
};

}  // namespace

std::unique_ptr<Blog> make_blogger() { return std::make_unique<Blogger>(); }

}  // namespace twin
