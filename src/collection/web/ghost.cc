#include "collection/web/ghost.h"

#include "collection/web/marks.h"

namespace twin {
namespace {

// Posts stand at the site's root; a sitemap of their own lists them all.
class Ghost : public Blog {
 public:
  std::string_view name() const override { return "ghost"; }
  bool takes(const Url& url) const override { return url.within("ghost.io"); }
  bool recognises(const FetchedPage& page) const override {
    return has_mark(page, {"content=\"Ghost ", "<generator>Ghost "});
  }

 protected:
  std::vector<FoundLink> usual_lists(const Url& site) const override {
    return {{Url::parse(site.origin() + "/rss/"), LinkKind::kFeed, true}};
  }
};

}  // namespace

std::unique_ptr<Blog> make_ghost() { return std::make_unique<Ghost>(); }

}  // namespace twin
