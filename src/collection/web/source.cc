#include "collection/web/source.h"

#include <array>
#include <utility>

#include "base/error.h"

namespace twin {
namespace {

constexpr std::array<std::pair<LinkKind, std::string_view>, 6> kKinds = {
    {{LinkKind::kSite, "site"},
     {LinkKind::kPage, "page"},
     {LinkKind::kGuess, "guess"},
     {LinkKind::kFeed, "feed"},
     {LinkKind::kSitemap, "sitemap"},
     {LinkKind::kArchive, "archive"}}};

}  // namespace

bool is_list(LinkKind kind) { return kind != LinkKind::kPage && kind != LinkKind::kGuess; }

std::string_view name_of(LinkKind kind) {
  for (const auto& [value, name] : kKinds) {
    if (value == kind) return name;
  }
  throw Bug("a kind of link without a name");
}

LinkKind link_kind_from_name(std::string_view name) {
  for (const auto& [value, known] : kKinds) {
    if (known == name) return value;
  }
  throw Error(ErrorCode::kBadInput, "unknown kind of link '" + std::string(name) + "'");
}

bool WebSource::collect(Collector&, const Url&) const { return false; }

std::vector<FoundLink> WebSource::begin(const Url& url) const {
  return {{url, url.path() == "/" ? LinkKind::kSite : LinkKind::kPage}};
}

}  // namespace twin
