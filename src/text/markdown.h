#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/byte_range.h"

namespace twin {

enum class BlockKind {
  kParagraph,
  kHeading,
  kCode,
  kQuote,
  kList,
  kTable,
  kHtml,
  kRule,
  kFrontMatter,
  kLinkDefinition,
  kBlank,
};

// A top-level block of a Markdown document as whole lines of it.
struct Block {
  BlockKind kind;
  ByteRange range;           // whole lines, the last one's line break included
  int heading_level = 0;     // 1-6 for headings
  std::string heading_text;  // without marks
};

// The blocks partition the text (blank lines are blocks of their own). Any bytes are accepted; no
// time beyond linear in practice. CommonMark with GFM tables by cmark-gfm's source positions; front
// matter (front_matter.h) at the very start is recognised first.
std::vector<Block> markdown_blocks(std::string_view text);

// A Markdown span as plain text for people and for counting words: links as their text, images
// dropped, emphasis marks and escapes resolved. Never used for storing or training.
std::string plain_text(std::string_view markdown);

}  // namespace twin
