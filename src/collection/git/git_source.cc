#include "collection/git/git_source.h"

#include "base/http_client.h"
#include "collection/git/collect_git.h"

namespace twin {
namespace {

class GitSource : public WebSource {
 public:
  explicit GitSource(const GitOptions& options) : options_(options) {}

  std::string_view name() const override { return "git"; }
  bool takes(const Url& url) const override { return link_of(url).has_value(); }
  bool collect(Collector& collector, const Url& url) const override {
    const std::unique_ptr<HttpClient> client =
        make_http_client(collector.context(), {.public_addresses_only = !options_.http});
    collect_git(collector, *client, options_, link_of(url).value());
    return true;
  }
  // A link on a page, or a redirect, leads here.
  PageReading read(const FetchedPage& page, LinkKind, const Author&) const override {
    throw Refusal{"skipped", "a Git repository's page; `twin collect " + page.url.text() +
                                 "` collects the repository"};
  }

 private:
  std::optional<GitLink> link_of(const Url& url) const {
    return read_git_link(url.text(), github_host(options_));
  }

  GitOptions options_;
};

}  // namespace

std::unique_ptr<WebSource> make_git_source(const GitOptions& options) {
  return std::make_unique<GitSource>(options);
}

}  // namespace twin
