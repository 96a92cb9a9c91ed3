#include "collection/web/substack.h"

#include <fmt/format.h>

#include "collection/web/bylines.h"
#include "collection/web/json_list.h"
#include "collection/web/marks.h"

namespace twin {
namespace {

constexpr size_t kPageSize = 12;  // more than the site itself asks for is refused

constexpr std::string_view kForPaying =
    "only its beginning can be read: for paying subscribers (Substack's export has all of it)";

std::string archive_address(const Url& site, size_t offset) {
  return fmt::format("{}/api/v1/archive?sort=new&search=&offset={}&limit={}", site.origin(), offset,
                     kPageSize);
}

size_t offset_of(const Url& url) {
  const size_t at = url.query().find("offset=");
  return at == std::string::npos ? 0
                                 : static_cast<size_t>(std::atoll(url.query().c_str() + at + 7));
}

std::vector<std::string> bylines_of(const Json& post) {
  std::vector<std::string> names;
  const auto bylines = post.find("publishedBylines");
  if (bylines == post.end() || !bylines->is_array()) return names;
  for (const Json& byline : *bylines) {
    std::string name = json_text(byline, {"name"});
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

// All posts of a newsletter stand in its archive, which the site's own page asks for as JSON.
class Substack : public Blog {
 public:
  std::string_view name() const override { return "substack"; }
  bool takes(const Url& url) const override { return url.within("substack.com"); }
  bool recognises(const FetchedPage& page) const override {
    return page.url.path() == "/api/v1/archive" ||
           has_mark(page, {"https://substackcdn.com", "<generator>Substack</generator>"});
  }

  std::vector<FoundLink> begin(const Url& url) const override {
    if (url.host() == "substack.com" || url.host() == "www.substack.com") {
      throw Refusal{"failed", "give the newsletter's own address: https://name.substack.com"};
    }
    if (url.host() == "open.substack.com") return begin(in_its_newsletter(url));
    return Blog::begin(url);
  }

 protected:
  std::vector<FoundLink> usual_lists(const Url& site) const override {
    return {{Url::parse(archive_address(site, 0)), LinkKind::kArchive, true},
            {Url::parse(site.origin() + "/feed"), LinkKind::kFeed, true}};
  }

  PageReading read_archive(const FetchedPage& page, const Author& author) const override {
    if (page.url.path() != "/api/v1/archive") return Blog::read_archive(page, author);
    PageReading reading;
    const std::vector<Json> posts = json_objects(page.text, page.url.text());
    for (const Json& post : posts) {
      const std::optional<Url> url = Url::resolve(page.url, json_text(post, {"canonical_url"}));
      const std::string type = json_text(post, {"type"});
      if (!url || type == "thread") continue;
      const BylineVerdict verdict = judge_bylines(author, bylines_of(post));
      const std::string audience = json_text(post, {"audience"});
      if (!verdict.by_author) {
        reading.refused.push_back({*url, verdict.reason});
      } else if (audience == "only_paid" || audience == "founding") {
        reading.refused.push_back({*url, std::string(kForPaying)});
      } else {
        reading.links.push_back({*url, LinkKind::kPage});
      }
    }
    if (posts.size() >= kPageSize) {
      const size_t next = offset_of(page.url) + kPageSize;
      reading.links.push_back({Url::parse(archive_address(page.url, next)), LinkKind::kArchive});
    }
    return reading;
  }

  PageReading read_page(const FetchedPage& page, LinkKind kind,
                        const Author& author) const override {
    if (page.text.find("data-testid=\"paywall\"") != std::string::npos) {
      PageReading reading;
      reading.skipped = kForPaying;
      return reading;
    }
    return Blog::read_page(page, kind, author);
  }

 private:
  // "https://open.substack.com/pub/name/p/slug" is "https://name.substack.com/p/slug".
  static Url in_its_newsletter(const Url& url) {
    constexpr std::string_view kFolder = "/pub/";
    const std::string& path = url.path();
    if (!path.starts_with(kFolder) || path.size() == kFolder.size()) {
      throw Refusal{"failed", "give the newsletter's own address: https://name.substack.com"};
    }
    const size_t end = std::min(path.find('/', kFolder.size()), path.size());
    const std::string newsletter = path.substr(kFolder.size(), end - kFolder.size());
    return Url::parse(fmt::format("https://{}.substack.com{}", newsletter, path.substr(end)));
  }
};

}  // namespace

std::unique_ptr<Blog> make_substack() { return std::make_unique<Substack>(); }

}  // namespace twin
