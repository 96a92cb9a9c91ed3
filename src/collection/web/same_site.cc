#include "collection/web/same_site.h"

namespace twin {
namespace {

std::string site_of(const Url& url) {
  const std::string origin = url.origin();
  const size_t host = origin.find("://") + 3;
  return origin.substr(origin.compare(host, 4, "www.") == 0 ? host + 4 : host);
}

}  // namespace

bool same_site(const Url& a, const Url& b) { return site_of(a) == site_of(b); }

}  // namespace twin
