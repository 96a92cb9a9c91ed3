#include "collection/web/url.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace twin {
namespace {

std::string normal(const char* text) { return Url::parse(text).text(); }

TEST(Url, OnePageHasOneForm) {
  EXPECT_EQ(normal("HTTPS://Example.ORG:443/a/../b/./c?x=1#top"), "https://example.org/b/c?x=1");
  EXPECT_EQ(normal("http://example.org"), "http://example.org/");
  EXPECT_EQ(normal("http://example.org:8080/%7euser/%c3%a9"),
            "http://example.org:8080/~user/%C3%A9");
  EXPECT_EQ(normal("http://example.org./"), "http://example.org/");
}

TEST(Url, TrackersAreDroppedAndOtherParametersStay) {
  EXPECT_EQ(normal("https://ada.substack.com/p/looms?r=1abc&utm_source=share&utm_medium=web"),
            "https://ada.substack.com/p/looms");
  EXPECT_EQ(normal("https://example.org/show?post_id=7"), "https://example.org/show?post_id=7");
  EXPECT_EQ(normal("https://medium.com/@ada/looms-12ab?source=rss----2"),
            "https://medium.com/@ada/looms-12ab");
  EXPECT_EQ(normal("https://example.org/?p=12&fbclid=x&page=2"),
            "https://example.org/?p=12&page=2");
  EXPECT_EQ(normal("https://example.org/?r=blog/view&id=3"),
            "https://example.org/?r=blog/view&id=3");
  EXPECT_EQ(normal("https://notmedium.com/?sk=a"), "https://notmedium.com/?sk=a");
  EXPECT_EQ(normal("https://example.org/find?source=all"), "https://example.org/find?source=all");
}

TEST(Url, OnlyPlainWebLinksAreTaken) {
  for (const char* text : {"", "example", "ftp://example.org/", "file:///etc/passwd", "http://",
                           "https://ada:secret@example.org/", "https://ada@example.org/",
                           "javascript:alert(1)", "mailto:ada@example.org", "gopher://x/"}) {
    EXPECT_THROW(Url::parse(text), Error) << text;
  }
  EXPECT_THROW(Url::parse("http://example.org/" + std::string(9000, 'a')), Error);
}

TEST(Url, LinksAreReadFromWhereTheyStand) {
  const Url base = Url::parse("https://example.org/blog/2024/");
  EXPECT_EQ(Url::resolve(base, " ../2023/looms ")->text(), "https://example.org/blog/2023/looms");
  EXPECT_EQ(Url::resolve(base, "//other.org/x")->text(), "https://other.org/x");
  EXPECT_EQ(Url::resolve(base, "?page=2")->text(), "https://example.org/blog/2024/?page=2");
  EXPECT_FALSE(Url::resolve(base, "mailto:ada@example.org"));
  EXPECT_FALSE(Url::resolve(base, ""));
  EXPECT_TRUE(base.within("example.org"));
  EXPECT_FALSE(base.within("ample.org"));
  EXPECT_EQ(Url::parse("http://example.org:81/x").origin(), "http://example.org:81");
}

}  // namespace
}  // namespace twin
