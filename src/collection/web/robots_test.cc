#include "collection/web/robots.h"

#include <gtest/gtest.h>

namespace twin {
namespace {

TEST(Robots, TheGroupThatNamesUsHoldsElseThatForAll) {
  const char* text =
      "User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-agent: Twin-Writer/2.0 # us\n"
      "Disallow: /private\nCrawl-delay: 2.5\n\nSitemap: https://example.org/sitemap.xml\n";
  const Robots us = Robots::parse(text, "twin-writer");
  EXPECT_TRUE(us.allows("/blog"));
  EXPECT_FALSE(us.allows("/private/x"));
  EXPECT_EQ(us.crawl_delay_seconds(), 2.5);
  EXPECT_EQ(us.sitemaps(), std::vector<std::string>{"https://example.org/sitemap.xml"});
  const Robots another = Robots::parse(text, "another");
  EXPECT_FALSE(another.allows("/blog"));
  EXPECT_FALSE(another.crawl_delay_seconds());
}

TEST(Robots, TheLongestRuleDecidesAndOfTwoTheOneThatAllows) {
  const Robots robots = Robots::parse(
      "user-agent:*\r\ndisallow:/a\r\nallow:/a/b\r\ndisallow:/a/b/c\r\ndisallow:/same\r\nallow:/"
      "same"
      "\r\n",
      "twin-writer");
  EXPECT_FALSE(robots.allows("/a/x"));
  EXPECT_TRUE(robots.allows("/a/b/x"));
  EXPECT_FALSE(robots.allows("/a/b/c"));
  EXPECT_TRUE(robots.allows("/same"));
  EXPECT_TRUE(robots.allows("/robots.txt"));
}

TEST(Robots, StarsAndDollarsAreWildcards) {
  const Robots robots = Robots::parse(
      "User-agent: *\nDisallow: /*.pdf$\nDisallow: /*/print/\nDisallow: /end$\nDisallow: /q*x*y",
      "twin-writer");
  EXPECT_FALSE(robots.allows("/a/b.pdf"));
  EXPECT_TRUE(robots.allows("/a/b.pdf?x"));
  EXPECT_FALSE(robots.allows("/2024/print/looms"));
  EXPECT_FALSE(robots.allows("/end"));
  EXPECT_TRUE(robots.allows("/ending"));
  EXPECT_FALSE(robots.allows("/q/x/y/z"));
  EXPECT_TRUE(robots.allows("/q/y/x"));
}

TEST(Robots, NothingSaidForbidsNothing) {
  EXPECT_TRUE(Robots::parse("", "twin-writer").allows("/a"));
  EXPECT_TRUE(Robots::parse("<html>Not found</html>", "twin-writer").allows("/a"));
  EXPECT_TRUE(Robots::parse("User-agent: *\nDisallow:\n", "twin-writer").allows("/a"));
  EXPECT_FALSE(Robots::forbidding_all().allows("/a"));
}

TEST(Robots, HostilePatternsTakeLinearTime) {
  std::string text = "User-agent: *\nDisallow: /";
  for (int i = 0; i < 50'000; ++i) text += "a*";
  text += "b$";
  EXPECT_TRUE(Robots::parse(text, "twin-writer").allows("/" + std::string(8000, 'a')));
}

}  // namespace
}  // namespace twin
