#include "collection/web/blog.h"

namespace twin {
namespace {

class AnySite : public Blog {
 public:
  std::string_view name() const override { return "web"; }
  bool takes(const Url&) const override { return true; }
  bool recognises(const FetchedPage&) const override { return true; }

  PageReading read(const FetchedPage& page, LinkKind kind, const Author& author) const override {
    for (const auto& platform : platforms_) {
      if (platform->recognises(page)) return platform->read(page, kind, author);
    }
    return Blog::read(page, kind, author);
  }

 protected:
  std::string_view platform() const override { return {}; }
  // Where a page names no feed, most software has one at one of these.
  std::vector<FoundLink> usual_lists(const Url& site) const override {
    std::vector<FoundLink> links;
    for (const char* path : {"/feed", "/rss.xml", "/atom.xml", "/index.xml"}) {
      links.push_back({Url::parse(site.origin() + path), LinkKind::kFeed, true});
    }
    return links;
  }

 private:
  BlogPlatforms platforms_ = make_blog_platforms();
};

}  // namespace

std::unique_ptr<WebSource> make_any_site() { return std::make_unique<AnySite>(); }

}  // namespace twin
