#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/html.h"
#include "text/traced_text.h"

namespace twin {

// The name and version stored beside what read_article made; a new version when its output changes.
inline constexpr std::string_view kArticleExtractor = "article/2";

// A page read as an article.
struct ArticleReading {
  std::string markdown;  // the content alone
  std::string text;      // the same as plain words: no marks, addresses or pictures
  std::string title;
  std::string byline;                // the author's name or names
  std::vector<std::string> authors;  // the names that the page states for machines, one by one
  std::string date;                  // of publication, ISO 8601
  std::string language;              // BCP 47: as the page states it, else as the text is written
  std::string canonical;             // the link the page wants to be known by
  std::string site_name;
  std::vector<SourceRange> ranges;  // of markdown: which bytes of the page they came from
  // Whether the page holds an article at all, or is a list of others, a form, or a shell that a
  // browser has to fill first.
  bool is_article = false;
};

// Reads a page's main content: no menus, comments of readers, related links, share bars, newsletter
// boxes and cookie banners. `where` is the page's link or path, for errors and as a last hint at
// the date. Hostile input. Errors: kBadInput where a limit is passed.
ArticleReading read_article(std::string_view html, std::string_view where, HtmlLimits limits = {});

}  // namespace twin
