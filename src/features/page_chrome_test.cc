#include "features/page_chrome.h"

#include <gtest/gtest.h>

#include "features/test_documents.h"

namespace twin {
namespace {

// The text of the blocks that are the site's own, without outer white space.
std::vector<std::string> chrome_of(std::string_view text,
                                   std::string_view media_type = test::kWarehouseArticle,
                                   std::string_view author = "Ada Lovelace") {
  RawDocument document = test::document_of(text, media_type);
  document.author_full_name = author;
  const std::vector<Block> blocks = markdown_blocks(text);
  const std::vector<RemovalReason> chrome = page_chrome(document, blocks);
  std::vector<std::string> found;
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (chrome[i] == RemovalReason::kNone || blocks[i].kind == BlockKind::kBlank) continue;
    found.emplace_back(slice(text, blocks[i].range));
    found.back().erase(found.back().find_last_not_of(" \n") + 1);
  }
  return found;
}

using Texts = std::vector<std::string>;
constexpr const char* kSentence = "This is a sentence of the author, long enough to be one.\n\n";

TEST(PageChrome, WhatTheAuthorWroteAsItIsHasNone) {
  const std::string text = std::string("Share\n\n# Ada Lovelace\n\n") + kSentence;
  EXPECT_EQ(chrome_of(text, "text/markdown"), Texts{});
  EXPECT_EQ(chrome_of(text, "text/plain"), Texts{});
  EXPECT_EQ(chrome_of(text, "text/html"), (Texts{"Share", "# Ada Lovelace"}));
}

TEST(PageChrome, WhatStandsBeforeTheTitleIsTheSites) {
  EXPECT_EQ(chrome_of(std::string("My site\n\n- One\n- Two\n\n# The title\n\nA subtitle\n\n") +
                      kSentence),
            (Texts{"My site", "- One\n- Two"}));
  EXPECT_EQ(chrome_of(std::string("Short.\n\n") + kSentence + "# A later heading\n"), Texts{})
      << "a heading behind the first sentence is no title";
}

TEST(PageChrome, NamesAboveADateAreAByline) {
  EXPECT_EQ(
      chrome_of(std::string("# T\n\nMary Somerville\n\n, and\n\nJohn Smith Jr\n\nMay 5, 1843\n\n") +
                kSentence),
      (Texts{"Mary Somerville", ", and", "John Smith Jr", "May 5, 1843"}));
  EXPECT_EQ(chrome_of(kSentence + std::string("Good night\n\nMay 5, 1843\n\nMore.\n")),
            (Texts{"May 5, 1843"}))
      << "within the text only the date itself";
}

TEST(PageChrome, AnAuthorsNameIsAWholeName) {
  EXPECT_EQ(chrome_of(std::string(kSentence) + "Like this\n\nLi\n\nLi and Bo\n",
                      test::kWarehouseArticle, "Li"),
            (Texts{"Li", "Li and Bo"}));
}

TEST(PageChrome, CardsOfOtherArticlesGoWithTheirTitle) {
  EXPECT_EQ(chrome_of(std::string(kSentence) +
                      "#### Other\n\nMary\n\n·\n\nMay 5\n\nRead full story\n\nMine.\n"),
            (Texts{"#### Other", "Mary", "·", "May 5", "Read full story"}));
  EXPECT_EQ(chrome_of("Read full story\n\n# Last\n"), (Texts{"Read full story"}));
}

TEST(PageChrome, CommentsEndThePage) {
  EXPECT_EQ(chrome_of(std::string(kSentence) +
                      "#### Discussion about this post\n\n```\ncode\n```\n\n> quote\n\ntext\n"),
            (Texts{"#### Discussion about this post", "```\ncode\n```", "> quote", "text"}));
}

TEST(PageChrome, ADiscussionBelowIsTheReaders) {
  const auto reasons = [](std::string_view heading, std::string_view below) {
    const std::string text = "# Title\n\n" + std::string(kSentence) + std::string(heading) +
                             "\n\n" + std::string(below) + "\n";
    const RawDocument document = test::document_of(text, "text/html");
    return page_chrome(document, markdown_blocks(document.verbatim)).back();
  };
  EXPECT_EQ(reasons("## 12 Comments", "I do not agree at all."), RemovalReason::kComment);
  EXPECT_EQ(reasons("## 3 thoughts on “Title”", "Nice."), RemovalReason::kComment);
  EXPECT_EQ(reasons("### Leave a reply", "Name"), RemovalReason::kComment);
  EXPECT_EQ(reasons("## Comments", "Ada says:"), RemovalReason::kComment);
  EXPECT_EQ(reasons("## Comments", "A comment in code should say why, and never what."),
            RemovalReason::kNone);
  EXPECT_EQ(reasons("## 2 comments I hear often", "They are these two, and wrong."),
            RemovalReason::kNone);
}

}  // namespace
}  // namespace twin
