#include "text/article/article.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "text/article/test_extraction.h"
#include "text/test_texts.h"
#include "text/unicode.h"

namespace twin {
namespace {

std::string paragraph(std::string_view subject) {
  return "<p>The " + std::string(subject) +
         " stood in the yard for years, and nobody in the village, not even the smith, could say "
         "who had left it there. It was heavy, rusty, and of no use, but it was ours, and on "
         "Sundays "
         "we children sat on it and told one another what it had been.</p>";
}

std::string story() { return paragraph("anchor") + paragraph("bell") + paragraph("cart"); }

struct ChromeCase {
  const char *name, *page;
};

// What stands for the story is $; the word CHROME must not be kept, KEPT must.
constexpr ChromeCase kPages[] = {
    {"news",
     "<html><body><header><nav><ul><li><a href=/a>CHROME</a></ul></nav></header><main><article>"
     "<h1>The yard</h1><div class=byline>By Ada Long</div><div class='article-body'>$"
     "<aside class=related><h3>CHROME</h3><a href=/b>CHROME more</a></aside>$</div>"
     "<div class='share-tools'><a href=/s>CHROME</a></div></article>"
     "<section id=comments><h2>3 comments</h2><p>CHROME, I do not agree with this at all, because "
     "the anchor was mine and everybody knew it, as I said.</p></section></main>"
     "<footer><p>CHROME 2020, all rights reserved, the yard and its owners.</p></footer>"},
    {"newsletter box",
     "<body><div class=post-content>$<div class='newsletter-signup'><h4>CHROME</h4><p>CHROME: get "
     "the best of the yard, every Sunday, in your inbox.</p><form><input name=mail><button>CHROME"
     "</button></form></div>$</div><div class=sidebar><p>CHROME about the author, who lives in the "
     "village, and writes.</p></div>"},
    {"cookie banner",
     "<body><div id=cookie-banner><p>CHROME: we use cookies, and so do our partners, to make the "
     "yard better for you, and for everyone.</p><button>CHROME</button></div><article>$</article>"},
    {"blog without classes",
     "<body><table><tr><td width=150><a href=/1>CHROME</a><br><a href=/2>CHROME</a></td><td>$</td>"
     "</tr></table>"},
    {"line breaks instead of paragraphs",
     "<body><div><a href=/1>CHROME</a> | <a href=/2>CHROME</a></div><div id=text>KEPT is a yard, "
     "where, in those years, children sat on an anchor, and told stories of it, each longer than "
     "the one before, until evening came, and mothers called, and nobody answered, as it was warm, "
     "and nobody wanted to go, not even those who were afraid of the dark, or said that they "
     "were.<br><br>KEPT also "
     "is "
     "the bell, which nobody rang, because it was cracked, as bells are.<br><br>And a cart, "
     "without "
     "wheels, which had stood there longest, of all of them.</div>"},
    {"figure",
     "<body><article>$<figure><img src=/anchor.jpg alt=Anchor><figcaption>KEPT in the yard "
     "</figcaption></figure>$</article>"},
    {"forms around the whole page",
     "<body><form action=/post><div class=content>$</div><input name=x></form>"},
    {"quotes, lists and code",
     "<body><article>$<blockquote><p>KEPT as it was said</p></blockquote><ul><li>KEPT one<li>KEPT "
     "two</ul><pre>KEPT(code)</pre>$</article>"},
    {"hidden parts", "<body><article>$<p style='display:none'>CHROME</p><p hidden>CHROME</p>$"},
};

TEST(Article, ContentIsKeptAndChromeIsNot) {
  for (const ChromeCase& page : kPages) {
    std::string html(page.page);
    const bool has_story = html.find('$') != std::string::npos;
    for (size_t at; (at = html.find('$')) != std::string::npos;) html.replace(at, 1, story());
    const ArticleReading reading = read_article(html, "test");
    if (has_story) {
      EXPECT_NE(reading.text.find("The cart stood in the yard"), std::string::npos) << page.name;
    }
    EXPECT_EQ(reading.text.find("CHROME"), std::string::npos) << page.name << ":\n" << reading.text;
    if (html.find("KEPT") != std::string::npos) {
      EXPECT_NE(reading.text.find("KEPT"), std::string::npos) << page.name << ":\n" << reading.text;
    }
    EXPECT_EQ(reading.language, "en") << page.name;
  }
}

TEST(Article, PlainTextHasWordsAlone) {
  const ArticleReading reading =
      read_article("<title>The things in our yard</title><article>" + story() +
                       "<h2>A <i>head</i></h2><p>One <b>bold</b> <a href=/x>link</a>, and "
                       "enough words to be a paragraph of its own.<ul><li>item</ul><img src=/i.png "
                       "alt=I></article>",
                   "test");
  EXPECT_NE(reading.markdown.find("## A *head*\n\nOne **bold** [link](/x), and"), std::string::npos)
      << reading.markdown;
  EXPECT_NE(reading.text.find("A head\n\nOne bold link, and"), std::string::npos) << reading.text;
  EXPECT_EQ(reading.text.find("i.png"), std::string::npos);
}

TEST(Article, CaptionsStandBelowTheirPictures) {
  const ArticleReading reading = read_article(
      "<article>" + story() +
          "<figure><img src=/a.jpg alt=A><figcaption>An <em>old</em> anchor. "
          "<span>Photo: B</span></figcaption></figure>" +
          story() + "<figure><div></div><figcaption>No picture here</figcaption></figure>" +
          story(),
      "test");
  EXPECT_NE(reading.markdown.find("\n\n![A](/a.jpg)  \n*An old anchor. Photo: B*\n\n"),
            std::string::npos)
      << reading.markdown;
  EXPECT_NE(reading.markdown.find("\n\n![]()  \n*No picture here*\n\n"), std::string::npos)
      << reading.markdown;
}

TEST(Article, RangesSayWhereTheTextCameFrom) {
  const std::string html = "<body><nav>menu</nav><article data-x='1'>" + story() +
                           "<p>Salt &amp; pepper, <b>bold</b>\n  words and a <a href=/l>link</a>, "
                           "which make a paragraph that is long enough.</p></article>";
  const ArticleReading reading = read_article(html, "test");
  ASSERT_FALSE(reading.ranges.empty());
  size_t covered = 0, last = 0;
  for (const SourceRange& range : reading.ranges) {
    ASSERT_LE(last, range.text.begin);
    ASSERT_LT(range.text.begin, range.text.end);
    ASSERT_LE(range.text.end, reading.markdown.size());
    ASSERT_LE(range.source.end, html.size());
    last = range.text.end;
    covered += range.text.size();
    std::string text = reading.markdown.substr(range.text.begin, range.text.size());
    std::string source = html.substr(range.source.begin, range.source.size());
    std::replace(source.begin(), source.end(), '\n', ' ');
    if (text.size() == source.size()) {
      EXPECT_EQ(text, source);
    } else {
      EXPECT_EQ(text + '=' + source, "&=&amp;");
    }
  }
  EXPECT_GT(covered, reading.markdown.size() * 9 / 10);
}

TEST(Article, MetadataByItsRank) {
  const ArticleReading reading = read_article(
      "<html lang=en_gb><head><title>The yard - Village News</title>"
      "<meta property='og:site_name' content='Village News'>"
      "<meta property='article:published_time' content='2020-01-01'>"
      "<link rel=canonical href='https://example.org/yard'>"
      "<script "
      "type='application/ld+json'>{\"@context\":\"https://schema.org\",\"@graph\":[{\"@type\":"
      "\"WebPage\"},{\"@type\":\"NewsArticle\",\"headline\":\"The yard &amp; the "
      "anchor\",\"author\":"
      "[{\"@type\":\"Person\",\"name\":\"Ada Long\"},{\"@type\":\"Person\",\"name\":\"Bo Short\"}],"
      "\"datePublished\":\"2019-05-06T07:08:09+0200\"}]}</script></head><body><article>" +
          story() + "</article>",
      "test");
  EXPECT_EQ(reading.title, "The yard & the anchor");
  EXPECT_EQ(reading.byline, "Ada Long, Bo Short");
  EXPECT_EQ(reading.authors, (std::vector<std::string>{"Ada Long", "Bo Short"}));
  EXPECT_EQ(reading.date, "2019-05-06T07:08:09+02:00");
  EXPECT_EQ(reading.language, "en-GB");
  EXPECT_EQ(reading.canonical, "https://example.org/yard");
  EXPECT_EQ(reading.site_name, "Village News");
  EXPECT_TRUE(reading.is_article);
}

TEST(Article, MetadataFromWhatIsSeen) {
  const ArticleReading reading = read_article(
      "<title>What stood in the yard - Village News</title><body><h1>What stood in the yard</h1>"
      "<p class=byline>By <a rel=author href=/ada>Ada Long</a>, <span>6 May 2019</span></p>" +
          story(),
      "test");
  EXPECT_EQ(reading.title, "What stood in the yard");
  EXPECT_EQ(reading.byline, "Ada Long");
  EXPECT_EQ(reading.date, "2019-05-06");
  EXPECT_EQ(read_article("<p>x", "https://example.org/2019/05/06/yard").date, "2019-05-06");
}

TEST(Article, PagesWithoutOneAreTold) {
  EXPECT_TRUE(read_article("<article>" + story() + "</article>", "test").is_article);
  std::string list = "<ul>";
  for (int i = 0; i < 60; ++i) list += "<li><a href=/p>A post with a title of some length</a>";
  for (const std::string& page :
       {std::string(), std::string("<div id=root></div><script>start()</script>"), list + "</ul>",
        std::string("<p>You need to enable JavaScript to run this app.</p>")}) {
    EXPECT_FALSE(read_article(page, "test").is_article) << page;
  }
}

TEST(Article, HostilePagesAreReadOrRefused) {
  std::string deep, attributes = "<p", cells = "<table>", links, quotes, brackets;
  for (int i = 0; i < 10000; ++i) deep += "<div>text, text, ";
  for (int i = 0; i < 100000; ++i) {
    attributes += " class=" + std::to_string(i);
    cells += "<tr><td><p>a, b, c, d, and enough to be counted";
    links += "<a href=/x>y</a> ";
    brackets += "<div class='a" + std::to_string(i) + "'>";
    brackets += "a, b</div>";
  }
  for (int i = 0; i < 3000; ++i) quotes += "<blockquote>a<br>";
  for (const std::string& page : {deep, attributes, cells, links, quotes, brackets}) {
    try {
      EXPECT_TRUE(is_valid_utf8(read_article(page, "page").markdown));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    }
  }
  Random random(9);
  for (int i = 0; i < 500; ++i) read_article(test::random_text(random, 100), "page");
}

// The pages of mozilla/readability's tests: docs/collection.md has the figures reached.
TEST(Article, RealPagesAreReadAsAPersonWould) {
  const auto folder = test::kSharedData / "extraction/readability";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is absent";
  const test::ExtractionMeasure measure =
      test::measure_extraction(test::read_labelled_pages(folder));
  EXPECT_EQ(measure.pages.size(), 128u);
  EXPECT_GE(measure.mean_f1, 0.97);
  for (const auto& [field, rate] : measure.rates) {
    EXPECT_GE(static_cast<double>(rate.right), 0.95 * static_cast<double>(rate.stated)) << field;
  }
}

}  // namespace
}  // namespace twin
