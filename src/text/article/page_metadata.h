#pragma once

#include <string>
#include <vector>

#include "text/article/class_words.h"
#include "text/page_tree.h"

namespace twin {

// What a page says of itself, machine-readably and in its visible byline. Empty where it does not.
struct PageMetadata {
  std::string title;
  std::string byline;                // the author's name or names, without "By"
  std::vector<std::string> authors;  // the names that JSON-LD states, each by itself
  std::string date;                  // of publication, ISO 8601
  std::string language;              // BCP 47, as the page states it
  std::string canonical;             // the link the page wants to be known by
  std::string site_name;
  std::string article_body;   // of JSON-LD: the article's plain text, where the page repeats it
  bool says_article = false;  // JSON-LD or OpenGraph calls the page an article
};

// Of several statements the first in this order counts. Title: JSON-LD, Dublin Core, OpenGraph,
// Twitter, <title> without the site's name, the first <h1>. Byline: JSON-LD, Dublin Core, meta
// author, article:author, microdata, rel=author, a visible byline. Date: JSON-LD,
// article:published_time and its like, Dublin Core, microdata, <time>, a date beside the visible
// byline, the link's date. Language: <html lang>, content-language, JSON-LD, og:locale.
PageMetadata read_page_metadata(const PageTree& tree, std::string_view where,
                                ClassWordReader& classes);

// "en_us" -> "en-US", "zh-hant" -> "zh-Hant"; empty for what is no language tag.
std::string normal_language_tag(std::string_view tag);

// How alike two titles are: the share of the second's words that are not in the first, from 1; 0
// to 1.
double title_similarity(std::string_view first, std::string_view second);

}  // namespace twin
