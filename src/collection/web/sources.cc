#include "base/error.h"
#include "collection/git/git_source.h"
#include "collection/web/blog.h"
#include "collection/web/linkedin.h"
#include "collection/web/source.h"

namespace twin {

WebSources make_web_sources(const GitOptions& git) {
  WebSources sources;
  sources.push_back(make_git_source(git));
  sources.push_back(make_linkedin());
  for (auto& platform : make_blog_platforms()) sources.push_back(std::move(platform));
  sources.push_back(make_any_site());
  return sources;
}

const WebSource& source_of(const WebSources& sources, const Url& url) {
  for (const auto& source : sources) {
    if (source->takes(url)) return *source;
  }
  throw Bug("the last source takes any page");
}

}  // namespace twin
