#include "features/clean.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "features/test_documents.h"

namespace twin {
namespace {

CleanDocument clean_alone(const RawDocument& document) { return clean(document, {}); }

// The text with its marks: {-navigation|...-}, {heading|...}, {code|...}, {quote|...},
// {other co_author|...}, and prose as it is.
std::string marked(const RawDocument& document, const RepeatedBlocks& repeated = {},
                   const CleanOptions& options = {}) {
  std::string text;
  for (const Span& span : clean(document, repeated, options).spans) {
    const std::string bytes(slice(document.verbatim, span.range));
    if (!span.kept()) {
      text += "{-" + std::string(name_of(span.reason)) + '|' + bytes + "-}";
    } else if (span.kind == SpanKind::kProse) {
      text += bytes;
    } else if (span.kind == SpanKind::kOther) {
      text += "{other " + std::string(name_of(span.reason)) + '|' + bytes + '}';
    } else {
      text += '{' + std::string(name_of(span.kind)) + '|' + bytes + '}';
    }
  }
  return text;
}

// tests/data/clean: NAME.md with its marks is NAME.marked. `markdown` holds what an author wrote as
// it is, `page` what the reference system's crawlers read off a site.
TEST(Clean, CasesAreMarkedAsTheirFilesSay) {
  size_t cases = 0;
  for (const auto& [folder, media_type] : std::map<std::string, std::string_view>{
           {"markdown", "text/markdown"}, {"page", test::kWarehouseArticle}}) {
    for (const auto& entry :
         std::filesystem::directory_iterator(test::kTestData / "clean" / folder)) {
      if (entry.path().extension() != ".md") continue;
      std::filesystem::path expected = entry.path();
      EXPECT_EQ(marked(test::document_of(read_file(entry.path()), media_type)),
                read_file(expected.replace_extension(".marked")))
          << entry.path();
      ++cases;
    }
  }
  EXPECT_GE(cases, 10u);
}

TEST(Clean, AnEmptyDocumentHasNoSpans) {
  EXPECT_TRUE(clean_alone(test::document_of("")).spans.empty());
  EXPECT_EQ(marked(test::document_of("\n \n")), "{-markup|\n \n-}");
}

TEST(Clean, EveryByteTheAuthorWroteIsKept) {
  const std::string text =
      "Wow — really?!  Two  spaces…\tTab; “quotes” 'n' 🙂👩‍💻 naïve "
      "e\u0301\u00a0café\n"
      "line break  \nhard break\\\n\n* list\n  + nested\n\n1) one\n\n| a | b |\n|---|---|\n| 1 | 2 "
      "|\n";
  EXPECT_EQ(marked(test::document_of(text)), text);
  std::string windows;
  for (char c : text) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(marked(test::document_of(windows)), windows);
}

TEST(Clean, RepeatedBlocksOfAnAuthorAreRemoved) {
  const std::string notice = "Follow me for more about engines and looms!";
  std::vector<std::vector<std::string>> hashes;
  std::vector<RawDocument> documents;
  for (int i = 0; i < 5; ++i) {
    documents.push_back(test::document_of("Text number " + std::to_string(i) +
                                          " about something.\n\n" +
                                          (i < 3 ? notice + "\n\nThe end.\n" : "The end.\n")));
    hashes.push_back(block_hashes(documents.back().verbatim));
  }
  const RepeatedBlocks repeated = repeated_blocks(hashes);
  EXPECT_EQ(repeated.size(), 1u) << "what is short may recur";
  EXPECT_EQ(marked(documents[0], repeated),
            "Text number 0 about something.\n\n{-repeated|" + notice + "\n\n-}The end.\n");
  EXPECT_EQ(marked(documents[4], repeated), documents[4].verbatim);
}

TEST(Clean, ABlockIsRepeatedFromThreeDocumentsAndOneInTwelve) {
  const std::vector<std::string> with = {"h"}, without = {"other"};
  EXPECT_TRUE(repeated_blocks({with, with, without}).empty());
  EXPECT_EQ(repeated_blocks({with, with, with}).count("h"), 1u);
  std::vector<std::vector<std::string>> many(37, without);
  for (int i = 0; i < 37; ++i) many[i] = {"own " + std::to_string(i)};
  for (int i = 0; i < 3; ++i) many[i].push_back("h");
  EXPECT_TRUE(repeated_blocks(many).empty());
  many.pop_back();
  EXPECT_EQ(repeated_blocks(many), RepeatedBlocks{"h"});
}

TEST(Clean, HashesIgnoreCaseAndOuterSpaceAndComeOnce) {
  EXPECT_EQ(
      block_hashes("A paragraph of SOME length here\n\na paragraph of some length HERE  \n").size(),
      1u);
  EXPECT_TRUE(block_hashes("short\n\n# Also\n").empty());
  EXPECT_TRUE(block_hashes("---\ntitle: long enough to be hashed\n---\n").empty());
}

TEST(Clean, ADocumentOfOthersIsNoVoiceUnlessAllowed) {
  RawDocument document = test::document_of("# Looms\n\nThey are fine.\n\n> So they are.\n");
  document.bylines = {"Charles Babbage"};
  EXPECT_EQ(marked(document),
            "{heading|# Looms\n\n}{other other_author|They are fine.\n\n}{quote|> So they are.\n}");
  EXPECT_EQ(marked(document, {}, {.allowance = voice_allowance("other_author, quote")}),
            "{heading|# Looms\n\n}They are fine.\n\n> So they are.\n");
  EXPECT_THROW(voice_allowance("quotes"), Error);
}

TEST(Clean, CaptionsAreNoVoice) {
  EXPECT_EQ(marked(test::document_of("Text.\n\n![x](y.png)\n\n*The engine in 1843.*\n\nMore.\n")),
            "Text.\n\n{-markup|![x](y.png)\n\n-}{caption|*The engine in 1843.*\n\n}More.\n");
  EXPECT_EQ(marked(test::document_of("![x](y.png)\n\nPhoto by C. Babbage\n")),
            "{-markup|![x](y.png)\n\n-}{caption|Photo by C. Babbage\n}");
  EXPECT_EQ(marked(test::document_of("![x](y.png)\n\nAs you see, it turns.\n")),
            "{-markup|![x](y.png)\n\n-}As you see, it turns.\n");
  EXPECT_EQ(marked(test::document_of("<figure><figcaption>Of brass</figcaption></figure>\n")),
            "{-html|<figure><figcaption>-}{caption|Of brass}{-html|</figcaption></figure>-}\n");
  EXPECT_EQ(marked(test::document_of("Figure 1 shows it. Figure it out.\n")),
            "Figure 1 shows it. Figure it out.\n");
}

TEST(Clean, TextInAnotherLanguageIsNoVoice) {
  const std::string english =
      "I keep a notebook by the door, and what is in it was never meant for you to read.\n\n";
  const std::string german =
      "Ich habe ein Heft neben der Tür, und was darin steht, ist nicht für dich und die "
      "anderen.\n\n";
  const RawDocument document = test::document_of(english + german);
  EXPECT_EQ(marked(document, {}, {.language = "en"}),
            english + "{other other_language|" + german + '}');
  EXPECT_EQ(marked(document, {}, {.language = "de"}),
            "{other other_language|" + english + '}' + german);
  EXPECT_EQ(marked(document), english + german);
  EXPECT_EQ(marked(test::document_of(german + "Kurz gesagt.\n"), {}, {.language = "en"}),
            "{other other_language|" + german + "Kurz gesagt.\n}");
}

TEST(Clean, AParagraphOfAnEarlierDocumentIsNoNewText) {
  const std::string paragraph =
      "Engines are made of brass, and what they count they count for as long as somebody turns "
      "them.\n\n";
  const RawDocument document = test::document_of("New.\n\n" + paragraph + "Newer.\n");
  CleanOptions options;
  for (const std::string& hash : block_hashes(paragraph)) options.said_before.insert(hash);
  EXPECT_EQ(marked(document, {}, options), "New.\n\n{other repeated|" + paragraph + "}Newer.\n");
}

TEST(Clean, CodeAndDuplicatesAreWholeDocuments) {
  RawDocument document = test::document_of("# not a heading\nx = 1\n");
  document.genre = "code";
  EXPECT_EQ(marked(document), "{code|# not a heading\nx = 1\n}");
  const CleanDocument duplicate = clean_duplicate(document, "other");
  EXPECT_EQ(duplicate.duplicate_of, "other");
  EXPECT_EQ(duplicate.kept_bytes(), 0u);
}

TEST(Clean, AnyBytesArePartitioned) {
  Random random(5);
  for (int i = 0; i < 4000; ++i) {
    const std::string text = test::random_text(random, 50);
    for (std::string_view media_type :
         {std::string_view("text/markdown"), test::kWarehouseArticle}) {
      const RawDocument document = test::document_of(text, media_type);
      test::expect_partition(clean_alone(document), text);
      ASSERT_FALSE(HasFatalFailure()) << ::testing::PrintToString(text);
    }
  }
}

TEST(Clean, HostileTextTakesLinearTime) {
  for (std::string_view piece :
       {"<b>", "<!-- ", "<code>", "<a title=\"", "`", "` `` ", "<pre>\n\n", "</blockquote>", "<?",
        "* ", "> ", "[", "|-|\n", "2024-01-01\n\n", "Read full story\n\n", "#\n"}) {
    std::string text;
    while (text.size() < 200'000) text += piece;
    test::expect_partition(clean_alone(test::document_of(text, test::kWarehouseArticle)), text);
  }
}

TEST(Clean, EverySharedDocumentIsPartitioned) {
  std::vector<RawDocument> documents = test::handbook_documents();
  for (RawDocument& document : test::author_documents()) documents.push_back(std::move(document));
  if (documents.empty()) GTEST_SKIP() << "no shared data";
  const auto repeated = test::repetitions(documents);
  for (const RawDocument& document : documents) {
    SCOPED_TRACE(document.link);
    const CleanDocument result = clean(document, repeated.at(document.author_id));
    test::expect_partition(result, document.verbatim);
    if (document.media_type != "text/markdown") continue;
    EXPECT_EQ(result.removed_bytes(RemovalReason::kNavigation), 0u)
        << "a file the author wrote has no menus";
    for (const Span& span : result.spans) {
      if (span.reason == RemovalReason::kHtml) {
        EXPECT_EQ(document.verbatim[span.range.begin], '<');
      }
    }
  }
}

// Of each handbook article: what platforms print around it is gone, what the author wrote is there.
TEST(Clean, HandbookArticlesLoseTheirPlatformsWordsAlone) {
  const std::vector<RawDocument> documents = test::handbook_documents();
  if (documents.empty()) GTEST_SKIP() << "no shared data";
  const auto repeated = test::repetitions(documents);
  size_t kept = 0, all = 0;
  for (const RawDocument& document : documents) {
    SCOPED_TRACE(document.link);
    const CleanDocument result = clean(document, repeated.at(document.author_id));
    std::string text;
    for (SpanKind kind : {SpanKind::kProse, SpanKind::kHeading}) {
      text += text_of(result, document.verbatim, kind);
    }
    for (const char* words :
         {"Share this post", "SubscribeSign in", "Discussion about this post", "Copy link\n",
          "This site requires JavaScript", "Ready for more?", "Open in appSign up",
          "Sign up to discover human stories", "Recommended from Medium", "# Maxime Labonne\n",
          "is a reader-supported publication", "Read full story", "__Copyright"}) {
      EXPECT_EQ(text.find(words), std::string::npos) << words;
    }
    kept += result.kept_bytes();
    all += document.verbatim.size();
  }
  EXPECT_GT(kept, all * 85 / 100);
  EXPECT_LT(kept, all * 95 / 100);
}

}  // namespace
}  // namespace twin
