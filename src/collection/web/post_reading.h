#pragma once

#include <string>
#include <string_view>

#include "collection/web/source.h"

namespace twin {

// Whether a page says of itself that it is an article: OpenGraph's type or schema.org's.
bool says_article(std::string_view html);

// Reads a page as one piece of writing, of the author if a byline says whose it is: else it is
// skipped with the reason. A kGuess is kept only if the page says that it is an article, and
// skipped otherwise. The document's link is the one the page wants to be known by, where that is on
// the same site. `platform` is the document's; empty: the host.
PageReading read_post(const FetchedPage& page, LinkKind kind, const Author& author,
                      std::string_view platform);

// A document made of HTML that stands elsewhere than on its page: in a feed, in an API's answer.
struct PartialPost {
  Url url;
  std::string title = {}, date = {}, language = {};
  std::vector<std::string> bylines = {}, tags = {};
  std::string content = {};
  bool is_html = true;
};
RawDocument post_document(const PartialPost& post, std::string_view platform,
                          const std::string& headers);

}  // namespace twin
