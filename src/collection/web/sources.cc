#include "base/error.h"
#include "collection/web/source.h"
#include "collection/web/web_page_source.h"

namespace twin {

WebSources make_web_sources() {
  WebSources sources;
  sources.push_back(make_web_page_source());
  return sources;
}

const WebSource& source_of(const WebSources& sources, const Url& url) {
  for (const auto& source : sources) {
    if (source->takes(url)) return *source;
  }
  throw Bug("the last source takes any page");
}

}  // namespace twin
