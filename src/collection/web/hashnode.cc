#include "collection/web/hashnode.h"

#include "collection/web/marks.h"

namespace twin {
namespace {

// Blogs on hashnode.dev or names of their own; the feed has posts whole, the sitemap has all.
class Hashnode : public Blog {
 public:
  std::string_view name() const override { return "hashnode"; }
  bool takes(const Url& url) const override {
    return url.within("hashnode.dev") || url.within("hashnode.com");
  }
  bool recognises(const FetchedPage& page) const override {
    return takes(page.url) || has_mark(page, {"https://cdn.hashnode.com/res/hashnode/image/upload",
                                              "<generator>Hashnode</generator>"});
  }

  std::vector<FoundLink> begin(const Url& url) const override {
    if (url.within("hashnode.com")) {
      throw Refusal{"failed", "give the blog's own address: https://name.hashnode.dev"};
    }
    return Blog::begin(url);
  }

 protected:
  FeedHabits feed_habits() const override {
    return {.platform = name(), .description_is_whole = true};
  }
  std::vector<FoundLink> usual_lists(const Url& site) const override {
    return {{Url::parse(site.origin() + "/rss.xml"), LinkKind::kFeed, true}};
  }
};

}  // namespace

std::unique_ptr<Blog> make_hashnode() { return std::make_unique<Hashnode>(); }

}  // namespace twin
