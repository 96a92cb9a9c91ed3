#include "text/page_tree.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "text/test_texts.h"
#include "text/unicode.h"

namespace twin {
namespace {

// "<p>[a b]<br></p>" of the tree below its root, without <html> and <body>.
std::string shown(std::string_view html) {
  const PageTree tree(html, "test", {});
  std::string all;
  const auto show = [&](const auto& self, uint32_t node) -> void {
    for (uint32_t i = node + 1; i < tree[node].end; i = tree[i].end) {
      if (tree[i].is_text) {
        all += '[' + std::string(tree[i].text) + ']';
        continue;
      }
      const bool outer = tree[i].tag == HtmlTag::kHtml || tree[i].tag == HtmlTag::kBody;
      const std::string name(html_tag_name(tree[i].tag));
      if (!outer) all += '<' + name + '>';
      self(self, i);
      if (!outer) all += "</" + name + '>';
    }
  };
  show(show, 0);
  return all;
}

TEST(PageTree, ElementsCloseAsInABrowser) {
  EXPECT_EQ(shown("<p>a<p>b"), "<p>[a]</p><p>[b]</p>");
  EXPECT_EQ(shown("<ul><li>a<li>b</ul>c"), "<ul><li>[a]</li><li>[b]</li></ul>[c]");
  EXPECT_EQ(shown("<DIV><BR>a</DIV>"), "<div><br></br>[a]</div>");
  EXPECT_EQ(shown("<div><span>a</div>b"), "<div><span>[a]</span></div>[b]");
  EXPECT_EQ(shown("<article><p>a</article>"), "<article><p>[a]</p></article>");
  EXPECT_EQ(shown("<title>t</title><article>a"),
            "<head><title>[t]</title></head><article>[a]</article>");
}

// As html5lib and browsers read them.
TEST(PageTree, AnOpenDivEndsWithTheElementAroundIt) {
  EXPECT_EQ(shown("<nav><div><a>m</a><ul><li>n</ul></nav><main>t</main>"),
            "<nav><div><a>[m]</a><ul><li>[n]</li></ul></div></nav><main>[t]</main>");
  EXPECT_EQ(shown("<SECTION><DIV><p>a<div>b</SECTION>c"),
            "<section><div><p>[a]</p><div>[b]</div></div></section>[c]");
  EXPECT_EQ(shown("<div><aside><div>a</aside>b</div>c"),
            "<div><aside><div>[a]</div></aside>[b]</div>[c]");
  EXPECT_EQ(shown("<ul><li><div>a</ul>b"), "<ul><li><div>[a]</div></li></ul>[b]");
  // An element that is not open, and one whose end would have to leave a table, end nothing.
  EXPECT_EQ(shown("<div>a</nav>b</div>c"), "<div>[a][b]</div>[c]");
  EXPECT_EQ(shown("<nav><table><tr><td><div>a</nav>b</table></nav>c"),
            "<nav><table><tr><td><div>[a][b]</div></td></tr></table></nav>[c]");
  EXPECT_EQ(shown("<div><span>a</div></span>b"), "<div><span>[a]</span></div>[b]");
}

TEST(PageTree, WhatIsNotReadIsDropped) {
  EXPECT_EQ(shown("<p>a<!-- <b> -->b<script>if (a < b) '</p>'</script>c"), "<p>[a][b][c]</p>");
  EXPECT_EQ(shown("<style>p{}</style><svg><path d='M0'/></svg><p>x"), "<p>[x]</p>");
  EXPECT_EQ(shown("<svg/><p>x"), "<p>[x]</p>");
  EXPECT_EQ(shown("<svg><p>never closed"), "<p>[never closed]</p>");
  EXPECT_EQ(shown("<p>1 < 2 & 3<4"), "<p>[1 ][<][ 2 ][&][ 3][<][4]</p>");
  const PageTree tree("<p class=a class=b onclick='x' data-x=1 id=i>t", "test", {});
  const uint32_t p = tree.first(HtmlTag::kP);
  EXPECT_EQ(tree.attribute(p, "class"), "a");
  EXPECT_EQ(tree.attribute(p, "id"), "i");
  EXPECT_FALSE(tree.has_attribute(p, "onclick"));
}

TEST(PageTree, TextKnowsItsPlaceInThePage) {
  const std::string html =
      "<html><script>1</script><p data-x='y' class='c'>one &amp; <b onclick=1>two</b>&nbsp;three é "
      "<!-- x -->four</p>";
  const PageTree tree(html, "test", {});
  std::string all;
  for (const PageNode& node : tree.nodes()) {
    if (!node.is_text) continue;
    const std::string source = html.substr(node.source.begin, node.source.size());
    if (node.text.size() == source.size()) {
      EXPECT_EQ(node.text, source);
    } else {
      all += source + ' ';
    }
  }
  EXPECT_EQ(all, "&amp; &nbsp; ");
}

TEST(PageTree, JsonLdIsSetAside) {
  const std::string html = "<script type=\"application/ld+json\">{\"a\": 1}</script><p>x";
  const PageTree tree(html, "test", {});
  ASSERT_EQ(tree.json_ld().size(), 1u);
  EXPECT_EQ(tree.json_ld()[0], "{\"a\": 1}");
}

TEST(PageTree, BytesThatAreNotUtf8AreReplaced) {
  EXPECT_EQ(shown("<p>a\xff\xfe"), "<p>[a][\xef\xbf\xbd][\xef\xbf\xbd]</p>");
  EXPECT_EQ(shown(std::string_view("<p>a\0b", 6)), "<p>[a][b]</p>");
}

TEST(PageTree, LimitsAreErrors) {
  std::string deep;
  for (int i = 0; i < 10000; ++i) deep += "<div>";
  EXPECT_THROW(PageTree(deep, "page", {}), Error);
  EXPECT_THROW(PageTree("<p>12345", "page", {.max_bytes = 4}), Error);
  std::string many;
  for (int i = 0; i < 100000; ++i) many += "<b>x</b>";
  EXPECT_THROW(PageTree(many, "page", {.max_tree_bytes = 1 << 20}), Error);
}

// Each is a megabyte or more that a parser without care takes quadratic time for.
TEST(PageTree, HostilePagesTakeLinearTime) {
  std::string attributes = "<p", ends, unclosed, comments, quotes, blocks;
  for (int i = 0; i < 200000; ++i) {
    attributes += " a" + std::to_string(i) + "=1";
    ends += "<i></b>";
    unclosed += "<svg><noscript>";
    comments += "<!--";
    quotes += "<p title='";
    blocks += "<nav><table><div></nav>";
  }
  for (const std::string& page : {attributes, ends, unclosed, comments, quotes, blocks}) {
    try {
      PageTree(page, "page", {.max_parse_seconds = 5});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      EXPECT_EQ(std::string(error.what()).find("to parse"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace twin
