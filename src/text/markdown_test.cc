#include "text/markdown.h"

#include <gtest/gtest.h>

#include "text/front_matter.h"
#include "text/test_texts.h"

namespace twin {
namespace {

void expect_partition(std::string_view text) {
  size_t end = 0;
  for (const Block& block : markdown_blocks(text)) {
    ASSERT_EQ(block.range.begin, end);
    ASSERT_GT(block.range.end, block.range.begin);
    end = block.range.end;
  }
  ASSERT_EQ(end, text.size());
}

// "heading:# A\n|blank:\n|paragraph:text\n"
std::string blocks_of(std::string_view text) {
  static constexpr const char* kNames[] = {"paragraph", "heading", "code", "quote",
                                           "list",      "table",   "html", "rule",
                                           "front",     "link",    "blank"};
  std::string found;
  for (const Block& block : markdown_blocks(text)) {
    if (!found.empty()) found += '|';
    found += std::string(kNames[static_cast<int>(block.kind)]) + ':';
    found += slice(text, block.range);
  }
  return found;
}

TEST(MarkdownBlocks, ProseHeadingsAndBlankLines) {
  EXPECT_EQ(
      blocks_of("# A\n\none\ntwo\n\n\n## B ##\nthree"),
      "heading:# A\n|blank:\n|paragraph:one\ntwo\n|blank:\n\n|heading:## B ##\n|paragraph:three");
  EXPECT_EQ(blocks_of(""), "");
  EXPECT_EQ(blocks_of("\n \n"), "blank:\n \n");
}

TEST(MarkdownBlocks, HeadingsHaveLevelAndText) {
  const auto blocks = markdown_blocks("### A *b* `c` [d](/u) ![e](/i)\nF\ng\n===\nH\n---\n#\n");
  ASSERT_EQ(blocks.size(), 4u);
  EXPECT_EQ(blocks[0].heading_level, 3);
  EXPECT_EQ(blocks[0].heading_text, "A b c d ");
  EXPECT_EQ(blocks[1].heading_level, 1);
  EXPECT_EQ(blocks[1].heading_text, "F\ng");
  EXPECT_EQ(blocks[2].heading_level, 2);
  EXPECT_EQ(blocks[3].heading_text, "");
}

TEST(MarkdownBlocks, UnderlinedHeadingsEndWithTheirLine) {
  EXPECT_EQ(blocks_of("F # no\ng\n===\nH\n---\ntext\n"),
            "heading:F # no\ng\n===\n|heading:H\n---\n|paragraph:text\n");
  EXPECT_EQ(blocks_of("#tag\n---\n\ntext\n"), "heading:#tag\n---\n|blank:\n|paragraph:text\n");
  EXPECT_EQ(blocks_of("end\n==="), "heading:end\n===");
}

TEST(MarkdownBlocks, FencedAndIndentedCode) {
  EXPECT_EQ(blocks_of("```c++\n# no heading\n\n- no list\n```\nafter\n"),
            "code:```c++\n# no heading\n\n- no list\n```\n|paragraph:after\n");
  EXPECT_EQ(blocks_of("text\n\n    code\n\n    more\n\ntext\n"),
            "paragraph:text\n|blank:\n|code:    code\n\n    more\n\n|paragraph:text\n");
}

TEST(MarkdownBlocks, UnterminatedFenceGoesToTheEnd) {
  EXPECT_EQ(blocks_of("a\n~~~\ncode\n\n# code\n"), "paragraph:a\n|code:~~~\ncode\n\n# code\n");
}

TEST(MarkdownBlocks, CodeAndQuotesInListsAreBlocksOfTheirOwn) {
  EXPECT_EQ(
      blocks_of("- one\n  - two\n\n    ```\n    code\n    ```\n  - three\n    > quote\n- four\n"),
      "list:- one\n  - two\n\n|code:    ```\n    code\n    ```\n|list:  - three\n|"
      "quote:    > quote\n|list:- four\n");
  EXPECT_EQ(blocks_of("1. a\n2. b\n\n   c\n\nd\n"), "list:1. a\n2. b\n\n   c\n\n|paragraph:d\n");
}

TEST(MarkdownBlocks, WhatStandsBeforeAListIsNoPartOfIt) {
  EXPECT_EQ(blocks_of("a\n\n- b\n"), "paragraph:a\n|blank:\n|list:- b\n");
  EXPECT_EQ(blocks_of("[a]: /u\n\n- b\n"), "link:[a]: /u\n|blank:\n|list:- b\n");
}

TEST(MarkdownBlocks, QuotesTablesAndRules) {
  EXPECT_EQ(blocks_of("> a\nlazy\n\n* * *\n"), "quote:> a\nlazy\n|blank:\n|rule:* * *\n");
  EXPECT_EQ(blocks_of("|a|b|\n|---|:-:|\n|1|2|\n"), "table:|a|b|\n|---|:-:|\n|1|2|\n");
  EXPECT_EQ(blocks_of("a | b\n--|--\n1 | 2\n\nx\n"),
            "table:a | b\n--|--\n1 | 2\n|blank:\n|paragraph:x\n");
}

TEST(MarkdownBlocks, HtmlBlocksEndWithTheirClosingLine) {
  EXPECT_EQ(blocks_of("<div>\na\n\nb\n</div>\n"),
            "html:<div>\na\n|blank:\n|paragraph:b\n|html:</div>\n");
  EXPECT_EQ(blocks_of("<pre>\na\n\nb</pre>\nafter\n"),
            "html:<pre>\na\n\nb</pre>\n|paragraph:after\n");
  EXPECT_EQ(blocks_of("<!-- one line -->\nafter\n"), "html:<!-- one line -->\n|paragraph:after\n");
  EXPECT_EQ(blocks_of("<script>x</script>\n\nafter\n"),
            "html:<script>x</script>\n|blank:\n|paragraph:after\n");
  EXPECT_EQ(blocks_of("<!-- open\n\nend"), "html:<!-- open\n\nend");
}

TEST(MarkdownBlocks, LinkDefinitionsAreFound) {
  EXPECT_EQ(blocks_of("text [a]\n\n[a]: /url\n  \"title\"\n[b]: /url\n"),
            "paragraph:text [a]\n|blank:\n|link:[a]: /url\n  \"title\"\n[b]: /url\n");
}

TEST(MarkdownBlocks, FrontMatterIsABlock) {
  EXPECT_EQ(blocks_of("---\ntitle: x\n---\n# A\n"), "front:---\ntitle: x\n---\n|heading:# A\n");
  EXPECT_EQ(blocks_of("---\ntitle: x\n"), "rule:---\n|paragraph:title: x\n") << "never closed";
  EXPECT_EQ(blocks_of("\n---\ntitle: x\n---\n"), "blank:\n|rule:---\n|heading:title: x\n---\n")
      << "only at the very start";
  EXPECT_EQ(blocks_of("---\na: b\n---"), "front:---\na: b\n---");
}

TEST(MarkdownBlocks, WindowsAndOldMacLineEnds) {
  EXPECT_EQ(blocks_of("---\r\na: b\r\n---\r\n# A\r\n\r\ntext\r\nmore\r\n"),
            "front:---\r\na: b\r\n---\r\n|heading:# A\r\n|blank:\r\n|paragraph:text\r\nmore\r\n");
  EXPECT_EQ(blocks_of("# A\r\rtext\r"), "heading:# A\r|blank:\r|paragraph:text\r");
}

TEST(MarkdownBlocks, AnyBytesArePartitioned) {
  Random random(3);
  for (int i = 0; i < 5000; ++i) {
    const std::string text = test::random_text(random, 40);
    expect_partition(text);
    ASSERT_FALSE(HasFatalFailure()) << ::testing::PrintToString(text);
    plain_text(text);
  }
}

TEST(MarkdownBlocks, EverySharedDocumentIsPartitioned) {
  const auto documents = test::shared_documents();
  if (documents.empty()) GTEST_SKIP() << "no shared data";
  for (const auto& path : documents) {
    SCOPED_TRACE(path);
    const std::string text = read_file(path);
    expect_partition(text);
    for (const Block& block : markdown_blocks(text)) {
      const std::string_view lines = slice(text, block.range);
      if (block.kind == BlockKind::kLinkDefinition) {
        ASSERT_EQ(lines[lines.find_first_not_of(" \t")], '[') << lines << " is no link definition";
      } else if (block.kind == BlockKind::kHeading || block.kind == BlockKind::kParagraph) {
        const auto again = markdown_blocks(lines);
        ASSERT_EQ(again.size(), 1u) << lines;
        ASSERT_EQ(again[0].kind, block.kind) << lines;
      }
    }
  }
}

TEST(FrontMatter, TitleDateAndTagsAreRead) {
  const FrontMatter list =
      front_matter("---\ntitle: \"A: b\"\ndate: 2012-11-26\ntags: [x, y z]\n---\n");
  EXPECT_EQ(list.title, "A: b");
  EXPECT_EQ(list.date, "2012-11-26");
  EXPECT_EQ(list.tags, (std::vector<std::string>{"x", "y z"}));
  EXPECT_EQ(list.error, "");
  const FrontMatter lines =
      front_matter("---\r\ncategories:\r\n- x\r\n- y\r\n---\r\nbody --- text");
  EXPECT_EQ(lines.tags, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(front_matter("---\ntags: one\n---\n").tags, std::vector<std::string>{"one"});
  EXPECT_EQ(front_matter("\xef\xbb\xbf---\ntitle: behind a BOM\n---\n").title, "behind a BOM");
}

TEST(FrontMatter, WhatIsNoMapOrBroadlyWrongGivesNothing) {
  for (const char* text : {"", "text", "---", "---\n", "----\na: b\n----\n", "---\na: b\n"}) {
    EXPECT_EQ(front_matter(text).range.size(), 0u) << text;
  }
  EXPECT_EQ(front_matter("---\n---\n").title, "");
  EXPECT_EQ(front_matter("---\n- a\n- b\n---\n").title, "");
  EXPECT_EQ(front_matter("---\ntitle: [a, b]\ndate: {c: d}\ntags: {e: f}\n---\n").title, "");
}

TEST(FrontMatter, BadYamlSaysWhy) {
  for (const char* yaml : {"a: b: c: [", "{", "title: &a *b", "\tx: y", "? ? ?\n: ["}) {
    const std::string text = "---\n" + std::string(yaml) + "\n---\nbody\n";
    const FrontMatter front = front_matter(text);
    EXPECT_NE(front.error, "") << yaml;
    EXPECT_EQ(front.range.end, text.size() - 5) << "it is front matter all the same";
  }
  const std::string deep = "---\n" + std::string(20000, '[') + "\n---\n";
  EXPECT_NE(front_matter(deep).error, "");
}

TEST(PlainText, LinksEmphasisAndEscapesAreResolved) {
  EXPECT_EQ(
      plain_text(
          "# A *b*\n\nSee [the **page**](/u \"t\") and ![image](/i)`code` \\* &amp; <b>x</b>\n"),
      "A b\n\nSee the page and code * & x");
  EXPECT_EQ(plain_text("- one\n- two\n\n> quoted\nlazy\n"), "one\n\ntwo\n\nquoted\nlazy");
  EXPECT_EQ(plain_text("```\na  b\n\n```\n"), "a  b");
  EXPECT_EQ(plain_text(""), "");
}

}  // namespace
}  // namespace twin
