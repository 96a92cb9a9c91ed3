#include "text/html.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "text/html_tags.h"
#include "text/test_texts.h"
#include "text/unicode.h"

namespace twin {
namespace {

std::string markdown(std::string_view html) { return html_to_markdown(html, "test").markdown; }

// tests/data/html: each NAME.html reads as NAME.md.
TEST(Html, PagesReadAsTheirMarkdown) {
  size_t pages = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::kTestData / "html")) {
    if (entry.path().extension() != ".html") continue;
    std::filesystem::path expected = entry.path();
    EXPECT_EQ(markdown(read_file(entry.path())), read_file(expected.replace_extension(".md")))
        << entry.path();
    ++pages;
  }
  EXPECT_GE(pages, 4u);
}

TEST(Html, InlineElements) {
  EXPECT_EQ(markdown("<p>a <em>b</em> <strong>c </strong>d <code>e</code> <span>f</span></p>"),
            "a *b* **c** d `e` f\n");
  EXPECT_EQ(
      markdown("<p><a href='/u'>link </a>and <a>none</a> and <a href='javascript:x'>js</a></p>"),
      "[link](/u) and none and js\n");
  EXPECT_EQ(markdown("<a href='/a(b) c'>x</a>"), "[x](</a(b) c>)\n");
  EXPECT_EQ(markdown("one<br>two<br/><br/>three"), "one  \ntwo  \n  \nthree\n");
  EXPECT_EQ(markdown("<br><p><br>text</p>"), "text\n");
  EXPECT_EQ(markdown("<em></em><b> </b>x"), "x\n");
  EXPECT_EQ(markdown("<code>a <b>b</b></code>"), "`a b`\n") << "no marks within code";
}

TEST(Html, WhiteSpaceIsFoldedPunctuationIsNot) {
  EXPECT_EQ(markdown("<p>  a\n\t b —  “c” … </p>\n<p>d&nbsp;e</p>"), "a b — “c” …\n\nd\u00a0e\n");
  EXPECT_EQ(markdown("a<!-- comment -->b"), "ab\n");
}

TEST(Html, EntitiesAreResolved) {
  EXPECT_EQ(markdown("&lt;b&gt; &amp; &quot;x&quot; &eacute;&#8212;&#x1F642; &bogus; AT&T"),
            "<b> & \"x\" é—🙂 &bogus; AT&T\n");
}

TEST(Html, HeadingsAreOneLine) {
  EXPECT_EQ(markdown("<h1>A</h1><h6>B <i>c</i></h6><h2></h2><h3>D<br>e<div>f</div></h3>"),
            "# A\n\n###### B *c*\n\n### D e f\n");
}

TEST(Html, ListsNestAndNumber) {
  EXPECT_EQ(markdown("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"), "- a\n\n  - b\n- c\n");
  EXPECT_EQ(markdown("<ol><li>a</li><li><p>b</p><p>c</p></li></ol>"), "1. a\n2. b\n\n   c\n");
  EXPECT_EQ(markdown("<ul>stray <li>a</li> text</ul>"), "stray\n- a\ntext\n");
}

TEST(Html, QuotesCodeAndRules) {
  EXPECT_EQ(markdown("<blockquote><p>a</p><p>b</p></blockquote>c"), "> a\n>\n> b\n\nc\n");
  EXPECT_EQ(markdown("<pre><code>  x &lt; y\n\n  z</code></pre>"), "```\n  x < y\n\n  z\n```\n");
  EXPECT_EQ(markdown("<pre>a ``` b</pre>"), "````\na ``` b\n````\n");
  EXPECT_EQ(markdown("a<hr>b"), "a\n\n* * *\n\nb\n");
}

TEST(Html, TablesAndImages) {
  EXPECT_EQ(
      markdown("<table><caption>T</caption><tr><th>a<th>b<tr><td>1<td><p>2</p><p>3</p></table>"),
      "T\n\n| a | b |\n| --- | --- |\n| 1 | 2  3 |\n");
  EXPECT_EQ(markdown("<img src='/i.png' alt='I'><img src='data:x'><img>"), "![I](/i.png)\n");
}

TEST(Html, WhatIsNoWritingIsLeftOut) {
  for (const char* html :
       {"<script>x</script>", "<style>x</style>", "<p></p><noscript>x</noscript>", "<nav>x</nav>",
        "<form><p>x</p></form>", "<button>x</button>", "<svg><text>x</text></svg>",
        "<template>x</template>", "<select><option>x</select>", "<iframe>x</iframe>",
        "<div role='navigation'>x</div>", "<div hidden>x</div>",
        "<p style='color:red;display: none'>x</p>", "<span aria-hidden='true'>x</span>",
        "<!-- x -->", "<head><title>x</title></head>"}) {
    EXPECT_EQ(markdown(std::string(html) + "kept"), "kept\n") << html;
  }
  EXPECT_EQ(markdown("<article><header>a</header>b<aside>c</aside><footer>d</footer></article>"),
            "a\n\nb\n\nc\n\nd\n");
}

TEST(Html, MetadataIsRead) {
  const HtmlReading reading = html_to_markdown(
      "<html lang='en-GB'><head><title> A\n title </title><meta name=author content='Ada'>"
      "<meta property='article:published_time' content='2024-01-02'></head><body>x</body>",
      "test");
  EXPECT_EQ(reading.title, "A title");
  EXPECT_EQ(reading.author, "Ada");
  EXPECT_EQ(reading.date, "2024-01-02");
  EXPECT_EQ(reading.language, "en-GB");
  EXPECT_EQ(html_to_markdown("<meta property='og:title' content='O'><title>T</title>", "t").title,
            "O");
  EXPECT_EQ(html_to_markdown("<h2>H</h2><time datetime='2020'>x</time>", "t").title, "H");
  EXPECT_EQ(html_to_markdown("<h2>H</h2><time datetime='2020-05-06'>x</time>", "t").date,
            "2020-05-06");
}

TEST(Html, MalformedPagesAreReadAllTheSame) {
  EXPECT_EQ(markdown(""), "");
  EXPECT_EQ(markdown("<"), "<\n");
  EXPECT_EQ(markdown("<p>a<p>b</div></p>c"), "a\n\nb\n\nc\n");
  EXPECT_EQ(markdown("<b>a<i>b</b>c</i>"), "**a*b***c\n");
  EXPECT_EQ(markdown("<p>open <a href='x"), "open\n");
  EXPECT_EQ(markdown("<table>a<tr><td>b"), "a\n\n| b |\n| --- |\n");
  EXPECT_EQ(markdown(std::string_view("<p>a\0b</p>", 10)), "ab\n");
}

TEST(Html, LimitsAreErrors) {
  EXPECT_THROW(html_to_markdown("<p>12345", "page", {.max_bytes = 4}), Error);
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "<div>";
  try {
    html_to_markdown(deep, "page");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_TRUE(std::string(error.what()).starts_with("page: ")) << error.what();
  }
}

// One </div> too few in a menu does not make the page a menu.
TEST(Html, AMenuEndsWhereItIsClosed) {
  EXPECT_EQ(markdown("<header><nav><div><a href=/>Home</a><ul><li>Posts</ul></nav></header>"
                     "<main><article><h1>Looms</h1><p>One.</main><footer>End</footer>"),
            "# Looms\n\nOne.\n\nEnd\n");
}

TEST(Html, DeepNestingKeepsItsText) {
  for (const char* tag : {"div", "blockquote", "b", "ul><li", "span"}) {
    std::string deep;
    for (int i = 0; i < 2000; ++i) deep += '<' + std::string(tag) + '>';
    deep += "bottom";
    EXPECT_NE(markdown(deep).find("bottom"), std::string::npos) << tag;
  }
}

TEST(Html, HostilePagesAreGivenUpInTime) {
  std::string hidden_nesting, copied_formatting;
  for (int i = 0; i < 100000; ++i) hidden_nesting += "<div title='</div>'>";
  for (int i = 0; i < 4000; ++i) copied_formatting += "<p><font size=" + std::to_string(i) + ">x";
  for (const std::string& page : {hidden_nesting, copied_formatting}) {
    EXPECT_THROW(
        html_to_markdown(page, "page", {.max_tree_bytes = 100 << 20, .max_parse_seconds = 0.5}),
        Error);
  }
}

TEST(Html, ElementsAreKnownByName) {
  for (const char* name : {"p", "BLOCKQUOTE", "h1", "font", "svg"})
    EXPECT_TRUE(is_html_element(name));
  for (const char* name : {"", "your", "keyCombination", "h7"}) EXPECT_FALSE(is_html_element(name));
}

TEST(Html, RandomPagesGiveText) {
  Random random(4);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = test::random_text(random, 60);
    const bool valid = is_valid_utf8(markdown(text));
    EXPECT_TRUE(valid || !is_valid_utf8(text)) << text;
  }
}

TEST(Html, RealPagesAreRead) {
  const auto folder = test::kSharedData / "extraction/readability";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is absent";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto page = entry.path() / "source.html";
    if (!std::filesystem::exists(page)) continue;
    const HtmlReading reading = html_to_markdown(read_file(page), page.string());
    EXPECT_FALSE(reading.markdown.empty()) << page;
    EXPECT_TRUE(is_valid_utf8(reading.markdown)) << page;
  }
}

}  // namespace
}  // namespace twin
