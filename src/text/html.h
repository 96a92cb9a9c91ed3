#pragma once

#include <string>
#include <string_view>

namespace twin {

// The name and version stored beside what html_to_markdown made; a new version when its output
// changes.
inline constexpr std::string_view kHtmlExtractor = "html-markdown/2";

struct HtmlReading {
  std::string markdown;
  std::string title, author, date, language;  // empty where the page does not say
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
// Hostile input (gumbo parses). Errors: kBadInput where a limit is passed.
HtmlReading html_to_markdown(std::string_view html, std::string_view where, HtmlLimits limits = {});

// Whether HTML, SVG or MathML knows an element of this name, in any case: "p", "BLOCKQUOTE", not
// "your-name".
bool is_html_element(std::string_view name);

}  // namespace twin
