#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collection/web/url.h"

namespace twin {

// A link as it stands in a page's text.
struct PageLink {
  Url url;
  std::string text;   // what is clicked on; of an image its alternative text
  std::string place;  // the elements it stands in, from the outside: equal for the rows of a list
  bool in_chrome = false;  // in a menu, header, footer or sidebar
};

// What a page links to, in its order.
struct PageLinks {
  std::vector<PageLink> links;    // each URL once: where its text is longest
  std::vector<Url> feeds;         // <link rel=alternate>: RSS, Atom, JSON Feed, no comments' ones
  std::optional<Url> next;        // the next page of a list: rel=next, "Older posts"
  std::optional<Url> canonical;   // the address that the page wants to be known by
  std::vector<std::string> tags;  // article:tag, rel=tag
  std::vector<std::string> authors;  // rel=author, as the page shows them
  std::string generator;             // <meta name=generator>: "WordPress 6.5.3", "Hugo 0.125.4"
};

// `url` is the page's address; a <base> counts. Hostile input. Errors: kBadInput where a limit of
// HtmlLimits is passed.
PageLinks read_page_links(std::string_view html, const Url& url);

}  // namespace twin
