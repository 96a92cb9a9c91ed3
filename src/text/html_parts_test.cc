#include "text/html_parts.h"

#include <gtest/gtest.h>

namespace twin {
namespace {

TEST(HtmlParts, AreFoundByTagAndClassWithTheirBytes) {
  const std::string html =
      "<html><body><h1 class=\"x p-name\">A  title</h1><section class='e-content'><p>One "
      "<b>two</b></p></section><p><time datetime=\"2020-01-02\">January</time> "
      "<a class=\"p-canonical\" href=\"https://example.org/a\">link</a></body></html>";
  const auto parts = html_parts(html, "x", {".p-name", ".e-content", "time", ".p-canonical"});
  ASSERT_EQ(parts.size(), 4U);
  EXPECT_EQ(parts[0].selector, ".p-name");
  EXPECT_EQ(parts[0].text, "A title");
  EXPECT_EQ(html.substr(parts[1].inner.begin, parts[1].inner.size()), "<p>One <b>two</b></p>");
  EXPECT_EQ(html.substr(parts[1].outer.begin, 8), "<section");
  EXPECT_EQ(parts[2].datetime, "2020-01-02");
  EXPECT_EQ(parts[3].href, "https://example.org/a");
}

TEST(HtmlParts, CanBeLeftOut) {
  EXPECT_EQ(without_html_parts("<p>a</p><div class=\"w\"><p>x</p></div><p>b</p>", "x", {".w"}),
            "<p>a</p><p>b</p>");
  EXPECT_EQ(without_html_parts("<p>a<div class=w>never closed", "x", {".w"}), "<p>a");
  EXPECT_EQ(without_html_parts("", "x", {".w"}), "");
}

}  // namespace
}  // namespace twin
