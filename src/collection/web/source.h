#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collection/collector.h"
#include "collection/git/git_options.h"
#include "collection/web/url.h"
#include "domain/document.h"

namespace twin {

// An answer of a server, as a source reads it.
struct FetchedPage {
  Url asked;                          // the link that was followed
  Url url;                            // that answered, after redirects
  std::string media_type;             // "text/html": in lower case, without parameters
  std::string text;                   // the body in UTF-8
  std::string raw;                    // the body's bytes, unpacked, in their own charset
  std::string headers;                // "name: value" lines
  std::vector<std::string> sitemaps;  // that the site's robots.txt names
};

// What stands behind a link.
enum class LinkKind {
  kSite,     // where a person's writing is listed: a blog's address, a profile
  kPage,     // one piece of writing
  kGuess,    // any page of a site: kept only if it says of itself that it is an article
  kFeed,     // RSS, Atom, JSON Feed
  kSitemap,  // of pages or of other sitemaps
  kArchive,  // a list of pages, to be read for its links
};

// Whether it is read for its links, not for itself.
bool is_list(LinkKind kind);
std::string_view name_of(LinkKind kind);
// Errors: kBadInput for any other name.
LinkKind link_kind_from_name(std::string_view name);

struct FoundLink {
  Url url;
  LinkKind kind = LinkKind::kPage;
  bool guessed = false;  // nothing names it, it is often there: where it is not, nothing failed
};

// A link that is not to be followed, wherever else it is found.
struct RefusedLink {
  Url url;
  std::string reason;  // "by Ann Other, not by Maren Holt"
};

// How the reason of a link begins that was guessed, and led nowhere.
inline constexpr std::string_view kNothingThere = "nothing there";

// What a source made of a page.
struct PageReading {
  std::vector<RawDocument> documents;  // as Collector::keep() takes them, each with its link
  std::vector<FoundLink> links;        // to be followed
  std::vector<RefusedLink> refused;    // items of their own: skipped
  // Documents of pages among `links`, as a feed has them: each is kept where its page cannot be had
  // (refused, gone, no article in it), and only then.
  std::vector<RawDocument> stand_ins;
  std::string skipped;         // why there is no document, where one was expected
  bool needs_browser = false;  // the page holds no article, but scripts that may bring one
};

// One platform's way of publishing. A file each, a line each in sources.cc. Stateless and
// thread-safe.
class WebSource {
 public:
  virtual ~WebSource() = default;
  virtual std::string_view name() const = 0;  // RawDocument::platform of what it finds
  virtual bool takes(const Url& url) const = 0;
  // Reads a page that was fetched as a `kind`. Errors: Refusal, kBadInput.
  virtual PageReading read(const FetchedPage& page, LinkKind kind, const Author& author) const = 0;
  // Collects all that stands behind a link by a way of its own (a Git clone) and returns true;
  // false: pages are to be fetched.
  virtual bool collect(Collector& collector, const Url& url) const;
  // What to fetch for a link that a person gave: by default the link itself, as a site where its
  // path is "/", else as a page. Throws Refusal where the platform is not collected this way.
  virtual std::vector<FoundLink> begin(const Url& url) const;
};

using WebSources = std::vector<std::unique_ptr<WebSource>>;

// All of them: the platforms in order, last the one that takes any page. `git`: how repositories
// are collected.
WebSources make_web_sources(const GitOptions& git = {});
// The first that takes it. Requires one that does.
const WebSource& source_of(const WebSources& sources, const Url& url);

}  // namespace twin
