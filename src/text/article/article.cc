#include "text/article/article.h"

#include "text/article/content.h"
#include "text/article/page_metadata.h"
#include "text/language.h"
#include "text/markdown_writer.h"
#include "text/page_tree.h"

namespace twin {
namespace {

// An article has so many characters in paragraphs; less only where the page itself says it is one.
constexpr size_t kArticleCharacters = 500;
constexpr size_t kShortArticleCharacters = 140;

}  // namespace

ArticleReading read_article(std::string_view html, std::string_view where, HtmlLimits limits) {
  const PageTree tree(html, where, limits);
  ClassWordReader classes(tree);
  const PageMetadata metadata = read_page_metadata(tree, where, classes);
  const ArticleContent content = find_content(tree, metadata, classes);
  ArticleReading reading;
  TracedText markdown =
      write_markdown(tree, content.nodes, content.left_out, {.max_depth = limits.max_depth});
  reading.ranges = markdown.take_ranges();
  reading.markdown = markdown.take_text();
  reading.text = write_markdown(tree, content.nodes, content.left_out,
                                {.max_depth = limits.max_depth, .plain = true})
                     .take_text();
  reading.title = metadata.title;
  reading.byline = metadata.byline;
  reading.authors = metadata.authors;
  reading.date = metadata.date;
  reading.language = metadata.language.empty() ? detect_language(reading.text) : metadata.language;
  reading.canonical = metadata.canonical;
  reading.site_name = metadata.site_name;
  const size_t enough = metadata.says_article ? kShortArticleCharacters : kArticleCharacters;
  reading.is_article = content.characters >= enough && content.linked * 2 < content.characters;
  return reading;
}

}  // namespace twin
