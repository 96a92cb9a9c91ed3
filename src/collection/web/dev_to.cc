#include "collection/web/dev_to.h"

#include <fmt/format.h>

#include "collection/web/bylines.h"
#include "collection/web/json_list.h"

namespace twin {
namespace {

constexpr size_t kPageSize = 100;

std::string list_address(std::string_view user, size_t page) {
  return fmt::format("https://dev.to/api/articles?username={}&per_page={}&page={}", user, kPageSize,
                     page);
}

// A member's posts: all of them listed by dev.to's open API, the newest whole in the feed.
class DevTo : public Blog {
 public:
  std::string_view name() const override { return "dev.to"; }
  bool takes(const Url& url) const override { return url.within("dev.to"); }
  bool recognises(const FetchedPage& page) const override { return takes(page.url); }

  std::vector<FoundLink> begin(const Url& url) const override {
    const std::string path = url.path().substr(1);
    const size_t slash = path.find('/');
    const std::string user = path.substr(0, slash);
    if (user.empty()) {
      throw Refusal{"failed", "whose posts? give a member's address: https://dev.to/name"};
    }
    if (slash != std::string::npos && slash + 1 < path.size()) return {{url, LinkKind::kPage}};
    return {{Url::parse("https://dev.to/feed/" + user), LinkKind::kFeed},
            {Url::parse(list_address(user, 1)), LinkKind::kArchive}};
  }

 protected:
  FeedHabits feed_habits() const override {
    return {.platform = name(), .description_is_whole = true};
  }

  PageReading read_archive(const FetchedPage& page, const Author& author) const override {
    if (page.url.path() != "/api/articles") return Blog::read_archive(page, author);
    PageReading reading;
    const std::vector<Json> posts = json_objects(page.text, page.url.text());
    for (const Json& post : posts) {
      const std::optional<Url> url = Url::resolve(page.url, json_text(post, {"url"}));
      if (!url) continue;
      const BylineVerdict verdict = judge_bylines(
          author, {json_text(post, {"user", "name"}), json_text(post, {"user", "username"})});
      if (verdict.by_author) {
        reading.links.push_back({*url, LinkKind::kPage});
      } else {
        reading.refused.push_back({*url, verdict.reason});
      }
    }
    if (posts.size() >= kPageSize) add_next(page.url, reading);
    return reading;
  }

 private:
  static void add_next(const Url& url, PageReading& reading) {
    const std::string& query = url.query();
    const size_t user = query.find("username="), number = query.rfind("&page=");
    if (user == std::string::npos || number == std::string::npos) return;
    const std::string name = query.substr(user + 9, query.find('&', user) - user - 9);
    const auto next = static_cast<size_t>(std::atoll(query.c_str() + number + 6)) + 1;
    reading.links.push_back({Url::parse(list_address(name, next)), LinkKind::kArchive});
  }
};

}  // namespace

std::unique_ptr<Blog> make_dev_to() { return std::make_unique<DevTo>(); }

}  // namespace twin
