#include "collection/web/page_links.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "collection/web/listing.h"

namespace twin {
namespace {

constexpr const char* kBlog = R"html(<!doctype html><html><head>
<link rel="alternate" type="application/rss+xml" title="Glaze &raquo; Feed" href="/feed/">
<link rel="alternate" type="application/rss+xml" title="Glaze &raquo; Comments Feed" href="/comments/feed/">
<link rel="alternate" type="application/feed+json" href="feed.json">
<link rel="alternate" hreflang="de" href="/de/"><meta name="generator" content="WordPress 6.5.3"></head>
<body class="blog has-sidebar"><header class="site-header"><nav><ul>
<li><a href="/">Home of the glaze</a></li><li><a href="/about/">About the small kiln</a></li>
<li><a href="/firing-with-wood-and-ash/">Firing with wood and ash</a></li></ul></nav></header>
<main><ul class="posts">
<li class="post-1 odd"><a href="/kiln-notes-of-may/#more"> Kiln notes
 of May </a></li>
<li class="post-2"><a href="/wet-clay-at-the-foot/">Wet clay at the foot</a> <a href="/tag/clay/">clay and its friends</a></li>
<li class="post-3"><a href="https://a.example/on-salt/">On salt</a></li>
<li class="post-4"><a href="https://b.example/elsewhere/of/course/">A post of somebody else</a></li></ul>
<article><header><h2><a href="2024/05/ash/">Ash</a></h2></header><a href="2024/05/ash/">Read more</a>
<a href="mailto:a@b.example">Write to me now</a><a href="javascript:void(0)">Do not follow this</a></article>
<div class="nav-links"><a class="next page-numbers" href="https://a.example/page/2/">Older posts →</a></div>
<a href="/archive/">Archive</a></main>
<aside class="widget-area"><a href="/2020/01/popular/">A popular post of old</a></aside>
<footer><a href="/2020/02/foot/">A post in the footer</a></footer></body></html>)html";

constexpr const char* kUrl = "https://a.example/";

PageLinks links_of(std::string_view html, const std::string& url = kUrl) {
  return read_page_links(html, Url::parse(url));
}

using Texts = std::vector<std::string>;

Texts texts(const std::vector<Url>& urls) {
  Texts found;
  for (const Url& url : urls) found.push_back(url.text());
  return found;
}

TEST(PageLinks, FeedsNextPageAndSoftwareAreFound) {
  const PageLinks page = links_of(kBlog);
  EXPECT_EQ(texts(page.feeds), (Texts{"https://a.example/feed/", "https://a.example/feed.json"}));
  EXPECT_EQ(page.next->text(), "https://a.example/page/2/");
  EXPECT_EQ(page.generator, "WordPress 6.5.3");
}

TEST(PageLinks, LinksAreAbsoluteOnceAndKnowTheirPlace) {
  const PageLinks page = links_of(kBlog);
  const auto find = [&](const std::string& url) {
    for (const PageLink& link : page.links) {
      if (link.url.text() == url) return link;
    }
    throw Bug("no link " + url);
  };
  EXPECT_EQ(find("https://a.example/kiln-notes-of-may/").text, "Kiln notes of May");
  EXPECT_EQ(find("https://a.example/kiln-notes-of-may/").place,
            find("https://a.example/on-salt/").place);
  EXPECT_TRUE(find("https://a.example/firing-with-wood-and-ash/").in_chrome);
  EXPECT_FALSE(find("https://a.example/2024/05/ash/").in_chrome);
  EXPECT_EQ(find("https://a.example/2024/05/ash/").text, "Read more");
  EXPECT_EQ(page.links.size(), 13u);
}

TEST(PageLinks, ABaseCounts) {
  EXPECT_EQ(links_of("<base href='/blog/'><a href='x'>y</a>").links.at(0).url.text(),
            "https://a.example/blog/x");
}

TEST(Listing, RowsOfTitlesAndDatedLinksArePosts) {
  Texts certain, uncertain;
  for (const ListedPost& post : listed_posts(links_of(kBlog), Url::parse(kUrl))) {
    (post.is_certain ? certain : uncertain).push_back(post.url.text());
  }
  EXPECT_EQ(certain, Texts{"https://a.example/2024/05/ash/"});
  EXPECT_EQ(uncertain,
            (Texts{"https://a.example/kiln-notes-of-may/",
                   "https://a.example/wet-clay-at-the-foot/", "https://a.example/on-salt/"}));
}

TEST(Listing, FurtherListsAreFound) {
  EXPECT_EQ(texts(further_listings(links_of(kBlog), Url::parse(kUrl))),
            (Texts{"https://a.example/page/2/", "https://a.example/archive/"}));
}

TEST(Listing, NextBelowAnArticleIsNoNextPage) {
  const PageLinks page =
      links_of("<a rel='next' href='/2024/06/next/'>Next</a><a href='/2024/04/x/'>Older</a>");
  EXPECT_FALSE(page.next);
}

}  // namespace
}  // namespace twin
