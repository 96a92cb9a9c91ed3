#include "features/chunk.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "features/test_documents.h"
#include "text/sentences.h"
#include "text/unicode.h"

namespace twin {
namespace {

using Texts = std::vector<std::string>;
using Path = std::vector<std::string>;

std::vector<Chunk> chunks_of(const RawDocument& document, ChunkOptions options = {}) {
  return chunk(document, clean(document, {}), options);
}

std::vector<Chunk> chunks_of(std::string_view text, ChunkOptions options = {}) {
  return chunks_of(test::document_of(text), options);
}

Texts texts_of(const std::vector<Chunk>& chunks) {
  Texts texts;
  for (const Chunk& c : chunks) texts.push_back(c.text);
  return texts;
}

bool is_white(std::string_view text) { return estimate_tokens(text) == 0; }

// What holds for every document: the header's contract.
void expect_contract(const RawDocument& document, const CleanDocument& clean_document,
                     const ChunkOptions& options) {
  const std::vector<Chunk> chunks = chunk(document, clean_document, options);
  std::vector<bool> covered(document.verbatim.size(), false);
  size_t end = 0;
  for (size_t i = 0; i < chunks.size(); ++i) {
    const Chunk& c = chunks[i];
    ASSERT_EQ(c.ordinal, i);
    ASSERT_EQ(c.id, document.id + ':' + std::to_string(i));
    ASSERT_EQ(c.document_id, document.id);
    ASSERT_EQ(c.version, document.version);
    ASSERT_GE(c.range.begin, end);
    ASSERT_GT(c.range.end, c.range.begin);
    end = c.range.end;
    ASSERT_LE(end, document.verbatim.size());
    ASSERT_EQ(c.text, slice(document.verbatim, c.range));
    ASSERT_FALSE(is_white(c.text)) << ::testing::PrintToString(c.text) << " at " << c.range.begin;
    ASSERT_LE(c.tokens, options.max_tokens) << c.text;
    std::fill(covered.begin() + static_cast<ptrdiff_t>(c.range.begin),
              covered.begin() + static_cast<ptrdiff_t>(c.range.end), true);
  }
  for (const Span& span : clean_document.spans) {
    const std::string_view text = slice(document.verbatim, span.range);
    for (size_t i = span.range.begin; i < span.range.end; ++i) {
      if (span.kept()) {
        ASSERT_TRUE(covered[i] || is_white(text)) << "left out: " << text;
      } else if (covered[i]) {
        ASSERT_EQ(span.reason, RemovalReason::kHtml) << "taken in: " << text;
        ASSERT_EQ(text.find('\n'), std::string_view::npos);
      }
    }
  }
}

TEST(Chunk, ShortDocumentIsOneChunk) {
  const auto chunks = chunks_of("One paragraph.\n\nAnother one.\n");
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(chunks[0].text, "One paragraph.\n\nAnother one.\n");
  EXPECT_EQ(chunks[0].title, "A title");
  EXPECT_TRUE(chunks[0].own_prose);
  EXPECT_TRUE(chunks_of("").empty());
  EXPECT_TRUE(chunks_of("---\ntitle: x\n---\n").empty());
}

TEST(Chunk, HeadingsOpenChunksAndGiveTheirPath) {
  const auto chunks = chunks_of(
      "# A title\n\nZero.\n\n## B *c*\n\n### D\n\nOne.\n\n### E\n\nTwo.\n\nF\n---\n\nThree.\n");
  EXPECT_EQ(texts_of(chunks), (Texts{"# A title\n\nZero.\n\n", "## B *c*\n\n### D\n\nOne.\n\n",
                                     "### E\n\nTwo.\n\n", "F\n---\n\nThree.\n"}));
  EXPECT_EQ(chunks[0].heading_path, Path{}) << "the document's title is no part of it";
  EXPECT_EQ(chunks[1].heading_path, (Path{"B c", "D"}));
  EXPECT_EQ(chunks[2].heading_path, (Path{"B c", "E"}));
  EXPECT_EQ(chunks[3].heading_path, (Path{"F"}));
}

TEST(Chunk, WrappedAndTaggedHeadingsAreReadWhole) {
  EXPECT_EQ(chunks_of("## A <em>b</em>\n\nText.\n")[0].heading_path, Path{"A b"});
  EXPECT_EQ(chunks_of("A <em>b</em>\n---\n\nText.\n")[0].heading_path, Path{"A b"});
  EXPECT_EQ(chunks_of(test::document_of("# On a\n\nText.\n\n## A long\nheading\n\nText.\n",
                                        test::kWarehouseArticle))[1]
                .heading_path,
            (Path{"On a", "A long heading"}));
}

TEST(Chunk, ParagraphsAreFilledUpToTheTarget) {
  const ChunkOptions options{.target_tokens = 8, .max_tokens = 12};
  EXPECT_EQ(texts_of(chunks_of("aa bb cc.\n\ndd ee ff.\n\ngg hh ii.\n\njj.\n", options)),
            (Texts{"aa bb cc.\n\ndd ee ff.\n\n", "gg hh ii.\n\njj.\n"}));
}

TEST(Chunk, ALongParagraphIsCutBetweenSentences) {
  const ChunkOptions options{.target_tokens = 8, .max_tokens = 10};
  EXPECT_EQ(
      texts_of(chunks_of("Aa bb cc dd. Ee ff gg hh ii jj kk. Ll mm, e.g. Nn oo. Pp.", options)),
      (Texts{"Aa bb cc dd. ", "Ee ff gg hh ii jj kk. ", "Ll mm, e.g. Nn oo. ", "Pp."}))
      << "a chunk that reached its target is closed";
}

TEST(Chunk, ASentenceThatFitsIsNeverSplit) {
  Random random(6);
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (size_t i = 1 + random.below(40); i > 0; --i) {
      for (size_t words = 1 + random.below(20); words > 0; --words) text += "Word ";
      text.back() = '.';
      text += random.below(5) == 0 ? "\n\n" : " ";
    }
    const ChunkOptions options{.target_tokens = 12 + random.below(30), .max_tokens = 50};
    std::vector<bool> begins(text.size() + 1, false);
    for (const ByteRange& sentence : sentences(text)) begins[sentence.begin] = true;
    for (const Chunk& c : chunks_of(text, options)) {
      EXPECT_TRUE(begins[c.range.begin]) << c.text;
      EXPECT_LE(c.tokens, options.max_tokens);
    }
  }
}

TEST(Chunk, ASentenceBeyondTheMaximumIsCutBetweenWords) {
  const ChunkOptions options{.target_tokens = 4, .max_tokens = 4};
  EXPECT_EQ(texts_of(chunks_of("aa bb cc dd ee ff gg", options)),
            (Texts{"aa bb cc dd ", "ee ff gg"}));
  for (const std::string& unit :
       {std::string("x"), std::string("="), std::string("1"), std::string("字"),
        std::string("🙂"), std::string("±"), std::string("a."), std::string("\xff")}) {
    std::string text;
    for (int i = 0; i < 3000; ++i) text += unit;
    const RawDocument document = test::document_of(text);
    expect_contract(document, clean(document, {}), {});
    for (const Chunk& c : chunks_of(text)) {
      EXPECT_TRUE(is_valid_utf8(c.text) || unit == "\xff") << "cut within a character";
    }
  }
}

TEST(Chunk, ARemovedBlockEndsAChunkInlineTagsDoNot) {
  EXPECT_EQ(texts_of(chunks_of("One <b>two</b> three.\n\n![i](/i)\n\nFour <i>five</i>.\n\nSix.\n")),
            (Texts{"One <b>two</b> three.\n\n", "Four <i>five</i>.\n\nSix.\n"}));
  EXPECT_EQ(texts_of(chunks_of("One.\n\n<div>\n\nTwo.\n\n</div>\n\nThree.\n")),
            (Texts{"One.\n\n", "Two.\n\n", "Three.\n"}));
}

TEST(Chunk, CodeAndQuotationsAreNoOwnProse) {
  const auto chunks = chunks_of(
      "# C\n\n```\nint main() { return 0; }\n```\n\n# P\n\nMine alone.\n\n# Q\n\n> Theirs, and "
      "long.\n");
  ASSERT_EQ(chunks.size(), 3u);
  EXPECT_FALSE(chunks[0].own_prose);
  EXPECT_TRUE(chunks[1].own_prose);
  EXPECT_FALSE(chunks[2].own_prose);
}

TEST(Chunk, LongCodeIsCutBetweenLines) {
  std::string code = "```\n";
  for (int i = 0; i < 100; ++i) code += "line(" + std::to_string(i) + ");\n\n";
  code += "```\n";
  for (const Chunk& c : chunks_of(code)) EXPECT_TRUE(c.text.ends_with('\n'));
}

TEST(Chunk, OptionsThatCannotBeMetAreABug) {
  EXPECT_THROW(chunks_of("a", {.target_tokens = 0, .max_tokens = 1}), Bug);
  EXPECT_THROW(chunks_of("a", {.target_tokens = 2, .max_tokens = 1}), Bug);
}

TEST(Chunk, TokensAreEstimatedByRule) {
  EXPECT_EQ(estimate_tokens(""), 0u);
  EXPECT_EQ(estimate_tokens(" \n\u00a0"), 0u);
  EXPECT_EQ(estimate_tokens("one three sixsix"), 1u + 1 + 2);
  EXPECT_EQ(estimate_tokens("2024!?"), 2u + 1);
}

TEST(Chunk, AnyDocumentKeepsTheContract) {
  Random random(7);
  for (int i = 0; i < 2000; ++i) {
    const RawDocument document = test::document_of(
        test::random_text(random, 60), i % 2 ? "text/markdown" : test::kWarehouseArticle);
    const ChunkOptions options{.target_tokens = 1 + random.below(20),
                               .max_tokens = 20 + random.below(20)};
    expect_contract(document, clean(document, {}), options);
    ASSERT_FALSE(HasFatalFailure()) << ::testing::PrintToString(document.verbatim);
  }
}

TEST(Chunk, EverySharedDocumentKeepsTheContract) {
  std::vector<RawDocument> documents = test::handbook_documents();
  for (RawDocument& document : test::author_documents(4)) documents.push_back(std::move(document));
  if (documents.empty()) GTEST_SKIP() << "no shared data";
  const auto repeated = test::repetitions(documents);
  for (const RawDocument& document : documents) {
    SCOPED_TRACE(document.link);
    expect_contract(document, clean(document, repeated.at(document.author_id)), {});
    ASSERT_FALSE(HasFatalFailure());
  }
}

}  // namespace
}  // namespace twin
