#include "collection/web/wordpress.h"

#include <fmt/format.h>

#include "collection/web/bylines.h"
#include "collection/web/html_text.h"
#include "collection/web/iso_date.h"
#include "collection/web/json_list.h"
#include "collection/web/marks.h"
#include "collection/web/post_reading.h"

namespace twin {
namespace {

constexpr size_t kPageSize = 100;  // the most WordPress gives
constexpr std::string_view kPosts = "/wp-json/wp/v2/posts";

std::string list_address(const std::string& api, size_t page) {
  return fmt::format("{}?per_page={}&page={}&_embed=author", api, kPageSize, page);
}

std::vector<std::string> authors_of(const Json& post) {
  std::vector<std::string> names;
  const auto embedded = post.find("_embedded");
  if (embedded == post.end() || !embedded->is_object()) return names;
  const auto authors = embedded->find("author");
  if (authors == embedded->end() || !authors->is_array()) return names;
  for (const Json& author : *authors) {
    std::string name = html_line_to_text(json_text(author, {"name"}));
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

// Where the site's API is open it lists all posts, whole; the feed has pages; the sitemap has all.
class WordPress : public Blog {
 public:
  std::string_view name() const override { return "wordpress"; }
  bool takes(const Url& url) const override { return url.within("wordpress.com"); }
  bool recognises(const FetchedPage& page) const override {
    return page.url.path().find(kPosts) != std::string::npos ||
           has_mark(page, {"content=\"WordPress", "https://api.w.org/", "/wp-content/themes/",
                           "<generator>https://wordpress.", "<generator>http://wordpress."});
  }

 protected:
  std::vector<FoundLink> usual_lists(const Url& site) const override {
    std::vector<FoundLink> lists = {{Url::parse(site.origin() + "/feed/"), LinkKind::kFeed, true}};
    if (site.path() == "/") {  // of the whole site
      const std::string api = site.origin() + std::string(kPosts);
      lists.push_back({Url::parse(list_address(api, 1)), LinkKind::kArchive, true});
    }
    return lists;
  }

  PageReading read_archive(const FetchedPage& page, const Author& author) const override {
    if (page.url.path().find(kPosts) == std::string::npos) return Blog::read_archive(page, author);
    PageReading reading;
    const std::vector<Json> posts = json_objects(page.text, page.url.text());
    for (const Json& post : posts) read_listed(post, page, author, reading);
    if (posts.size() >= kPageSize) {
      const size_t at = page.url.query().find("&page=");
      const auto number = at == std::string::npos
                              ? size_t{1}
                              : static_cast<size_t>(std::atoll(page.url.query().c_str() + at + 6));
      const std::string api = page.url.origin() + page.url.path();
      reading.links.push_back(
          {Url::parse(list_address(api, number + 1)), LinkKind::kArchive, true});
    }
    return reading;
  }

 private:
  void read_listed(const Json& post, const FetchedPage& page, const Author& author,
                   PageReading& reading) const {
    const std::optional<Url> url = Url::resolve(page.url, json_text(post, {"link"}));
    if (!url) return;
    const std::vector<std::string> authors = authors_of(post);
    const BylineVerdict verdict = judge_bylines(author, authors);
    if (!verdict.by_author) {
      reading.refused.push_back({*url, verdict.reason});
      return;
    }
    reading.links.push_back({*url, LinkKind::kPage});
    std::string content = json_text(post, {"content", "rendered"});
    if (content.empty()) return;  // for readers with a password
    std::string date = iso_date(json_text(post, {"date_gmt"}));
    if (date.find('T') != std::string::npos && !date.ends_with('Z')) date += 'Z';
    RawDocument document =
        post_document({.url = *url,
                       .title = html_line_to_text(json_text(post, {"title", "rendered"})),
                       .date = date,
                       .bylines = authors,
                       .content = std::move(content)},
                      platform(), page.headers);
    if (!document.verbatim.empty()) reading.stand_ins.push_back(std::move(document));
  }
};

}  // namespace

std::unique_ptr<Blog> make_wordpress() { return std::make_unique<WordPress>(); }

}  // namespace twin
