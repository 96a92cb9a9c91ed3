#pragma once

#include <string>
#include <string_view>

namespace twin {

// The name and version stored beside what html_to_markdown made; a new version when its output
// changes.
inline constexpr std::string_view kHtmlExtractor = "html-markdown/4";

struct HtmlReading {
  std::string markdown;
  std::string title, author, date, language;  // empty where the page does not say
  // Of a page of an e-book that its publisher wrote, what it is: "colophon", "copyright-page",
  // "imprint", "titlepage", "halftitlepage", "toc" (epub:type's words). Else empty.
  std::string publishers_part;
  // Whether the page has parts beside its text: menus, forms, sidebars, comments. read_article
  // finds the text among them.
  bool has_chrome = false;
};

struct HtmlLimits {
  size_t max_bytes = 32 << 20;
  size_t max_nesting = 4096;
  size_t max_tree_bytes = 1 << 30;
  double max_parse_seconds = 20;
  size_t max_depth = 512;  // elements nested deeper are read as their text
};

// Reads HTML or XHTML as Markdown: headings, paragraphs, emphasis, links, lists, quotes, code,
// tables and line breaks; scripts, styles, navigation landmarks, forms and hidden elements are left
// out. White space is folded as a browser folds it; punctuation and letters are never touched.
// Hostile input. Errors: kBadInput where a limit is passed.
HtmlReading html_to_markdown(std::string_view html, std::string_view where, HtmlLimits limits = {});

}  // namespace twin
