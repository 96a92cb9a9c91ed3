#include "text/html.h"

#include <string>

#include "text/article/page_metadata.h"
#include "text/markdown_writer.h"
#include "text/page_tree.h"

namespace twin {
namespace {

// Source: EPUB 3 Structural Semantics Vocabulary 1.1, divisions and front and back matter.
constexpr std::string_view kPublishersParts[] = {
    "colophon", "copyright-page", "imprint", "titlepage", "halftitlepage",
    "toc",      "landmarks",      "loi",     "imprimatur"};

void read_parts(const PageTree& tree, ClassWordReader& classes, HtmlReading& reading) {
  bool is_book = false;
  for (uint32_t i = 1; i < tree.nodes().size(); ++i) {
    const PageNode& node = tree[i];
    if (node.is_text || node.attribute_count == 0) {
      reading.has_chrome |=
          !node.is_text &&
          (node.tag == HtmlTag::kNav || node.tag == HtmlTag::kAside || node.tag == HtmlTag::kForm);
      continue;
    }
    if (const std::string_view type = tree.attribute(i, "epub:type"); !type.empty()) {
      is_book = true;
      const std::string words = ' ' + std::string(type) + ' ';
      for (const std::string_view part : kPublishersParts) {
        const bool is_part = words.find(' ' + std::string(part) + ' ') != std::string::npos;
        if (is_part && reading.publishers_part.empty()) reading.publishers_part = part;
      }
    }
    const ClassWords words = classes.read(i);
    reading.has_chrome |= node.tag == HtmlTag::kNav || node.tag == HtmlTag::kAside ||
                          node.tag == HtmlTag::kForm || words.comments || words.chrome ||
                          (words.unlikely && !words.maybe);
  }
  if (is_book) reading.has_chrome = false;
}

}  // namespace

HtmlReading html_to_markdown(std::string_view html, std::string_view where, HtmlLimits limits) {
  const PageTree tree(html, where, limits);
  HtmlReading reading;
  ClassWordReader classes(tree);
  PageMetadata metadata = read_page_metadata(tree, where, classes);
  reading.title = std::move(metadata.title);
  reading.author = std::move(metadata.byline);
  reading.date = std::move(metadata.date);
  reading.language = std::move(metadata.language);
  read_parts(tree, classes, reading);
  PageMask left_out(tree.nodes().size());
  for (uint32_t i = 1; i < tree.nodes().size(); ++i) {
    left_out[i] = !tree[i].is_text && is_no_writing(tree, i);
  }
  std::vector<uint32_t> nodes;
  for (uint32_t i = 1; i < tree.nodes().size(); i = tree[i].end) nodes.push_back(i);
  reading.markdown =
      write_markdown(tree, nodes, left_out, {.max_depth = limits.max_depth}).take_text();
  return reading;
}

}  // namespace twin
