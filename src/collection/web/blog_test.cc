#include "collection/web/blog.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"

namespace twin {
namespace {

const Author kMaren = author_from_full_name("Maren Holt");

FetchedPage page_of(const std::string& url, std::string text, std::string type = "text/html") {
  const Url address = Url::parse(url);
  return {.asked = address,
          .url = address,
          .media_type = std::move(type),
          .text = text,
          .raw = text,
          .headers = {},
          .sitemaps = {}};
}

std::string feed(const std::string& name) {
  return read_file(TWIN_SOURCE_DIR "/tests/fuzz/feed/" + name);
}

PageReading read(const FetchedPage& page, LinkKind kind) {
  const WebSources sources = make_web_sources();
  return source_of(sources, page.url).read(page, kind, kMaren);
}

std::vector<FoundLink> begin(const std::string& url) {
  const WebSources sources = make_web_sources();
  const Url address = Url::parse(url);
  return source_of(sources, address).begin(address);
}

// "kind url" of each link, '?' behind the kind of a guess.
using Texts = std::vector<std::string>;
Texts texts(const std::vector<FoundLink>& links) {
  Texts found;
  for (const FoundLink& link : links) {
    found.push_back(std::string(name_of(link.kind)) + (link.guessed ? "? " : " ") +
                    link.url.text());
  }
  return found;
}
bool has(const PageReading& reading, const std::string& link) {
  const Texts all = texts(reading.links);
  return std::find(all.begin(), all.end(), link) != all.end();
}

std::string post(const std::string& author, const std::string& more = {}) {
  return "<!doctype html><html lang=en><head><title>On glue</title>" + more +
         "<meta name=author content=\"" + author +
         "\"><meta property=\"article:published_time\" content=\"2024-05-07\"></head><body>"
         "<article><h1>On glue</h1><p>Glue is a patient thing, and it teaches patience to those "
         "who "
         "use it every day of the week.</p><p>I learnt it late, at a bench that was not mine, from "
         "a "
         "man who never said why he did what he did with it.</p></article></body></html>";
}

TEST(Sources, LinksOfAPersonLeadToFeedsAndLists) {
  EXPECT_EQ(
      texts(begin("https://medium.com/@marenholt")),
      (Texts{"feed https://medium.com/feed/@marenholt", "site https://medium.com/@marenholt"}));
  EXPECT_EQ(texts(begin("https://medium.com/@marenholt/what-a-pot-0a1b2c3d4e5f")),
            Texts{"page https://medium.com/@marenholt/what-a-pot-0a1b2c3d4e5f"});
  EXPECT_EQ(
      texts(begin("https://marenholt.medium.com")),
      (Texts{"feed https://marenholt.medium.com/feed", "site https://marenholt.medium.com/"}));
  EXPECT_EQ(texts(begin("https://dev.to/marenholt")),
            (Texts{"feed https://dev.to/feed/marenholt",
                   "archive https://dev.to/api/articles?username=marenholt&per_page=100&page=1"}));
  EXPECT_EQ(texts(begin("https://open.substack.com/pub/gluepot/p/on-glue")),
            Texts{"page https://gluepot.substack.com/p/on-glue"});
  EXPECT_EQ(texts(begin("https://glaze.example/blog/")), Texts{"site https://glaze.example/blog/"});
  EXPECT_EQ(texts(begin("https://glaze.example/2024/05/glue/")),
            Texts{"page https://glaze.example/2024/05/glue/"});
}

TEST(Sources, LinkedInAnswersWithItsExport) {
  try {
    begin("https://www.linkedin.com/in/marenholt");
    FAIL();
  } catch (const Refusal& refusal) {
    EXPECT_NE(refusal.reason.find("Get a copy of your data"), std::string::npos);
  }
  EXPECT_THROW(begin("https://medium.com/"), Refusal);
  EXPECT_THROW(begin("https://substack.com/@marenholt"), Refusal);
}

TEST(Sources, AFeedGivesLinksStandInsAndRefusesGuests) {
  const PageReading reading =
      read(page_of("https://glaze.example/feed/", feed("wordpress.xml"), "application/rss+xml"),
           LinkKind::kFeed);
  EXPECT_EQ(texts(reading.links), (Texts{"page https://glaze.example/2024/05/kiln-not-early/",
                                         "feed? https://glaze.example/feed/?paged=2"}));
  ASSERT_EQ(reading.refused.size(), 1u);
  EXPECT_EQ(reading.refused[0].url.text(), "https://glaze.example/2024/04/salt/");
  EXPECT_EQ(reading.refused[0].reason, "by Tobias Quill, not by Maren Holt");
  ASSERT_EQ(reading.stand_ins.size(), 1u);
  const RawDocument& document = reading.stand_ins[0];
  EXPECT_EQ(document.platform, "wordpress");
  EXPECT_EQ(document.link, "https://glaze.example/2024/05/kiln-not-early/");
  EXPECT_EQ(document.title, "Why the kiln isn’t lit “early”");
  EXPECT_EQ(document.date, "2024-05-07T09:30:00+00:00");
  EXPECT_EQ(document.bylines, Texts{"Maren Holt"});
  EXPECT_EQ(document.tags, (Texts{"Firing", "Wood & Ash"}));
  EXPECT_EQ(document.language, "en-GB");
  EXPECT_EQ(document.verbatim,
            "Every spring somebody asks me why I wait.\n\nThe clay is still wet at the foot — "
            "that’s all.\n");
}

TEST(Sources, MediumsFeedStandsInWithoutWhatMediumAdds) {
  const PageReading reading =
      read(page_of("https://medium.com/feed/@marenholt", feed("medium.xml"), "text/xml"),
           LinkKind::kFeed);
  EXPECT_EQ(texts(reading.links),
            (Texts{"page https://medium.com/@marenholt/what-a-cracked-pot-taught-me-0a1b2c3d4e5f",
                   "page https://medium.com/@marenholt/a-story-1f2e3d4c5b6a"}));
  ASSERT_EQ(reading.stand_ins.size(), 1u);
  EXPECT_EQ(reading.stand_ins[0].platform, "medium");
  EXPECT_EQ(reading.stand_ins[0].raw.find("_/stat"), std::string::npos);
  EXPECT_NE(reading.stand_ins[0].verbatim.find("I had it coming."), std::string::npos);
}

TEST(Sources, BloggersFeedGoesOnAtTheBlog) {
  const PageReading reading = read(
      page_of("https://ashbook.example/feeds/posts/default", feed("blogger.xml")), LinkKind::kFeed);
  EXPECT_TRUE(has(
      reading, "feed https://ashbook.example/feeds/posts/default?start-index=26&max-results=25"));
  EXPECT_EQ(reading.stand_ins.at(0).platform, "blogger");
}

TEST(Sources, ASitesPageLeadsToFeedsSitemapsAndPosts) {
  FetchedPage page = page_of("https://glaze.example/", R"(<html><head>
<meta name="generator" content="Ghost 5.82"><link rel="alternate" type="application/rss+xml" href="/rss/"></head>
<body><main><a href="/2024/05/glue/">Glue</a></main></body></html>)");
  page.sitemaps = {"https://glaze.example/sitemap.xml"};
  EXPECT_EQ(texts(read(page, LinkKind::kSite).links),
            (Texts{"feed https://glaze.example/rss/", "sitemap https://glaze.example/sitemap.xml",
                   "page https://glaze.example/2024/05/glue/"}));
  const PageReading unknown =
      read(page_of("https://plain.example/", "<body><p>Nothing</p></body>"), LinkKind::kSite);
  EXPECT_TRUE(has(unknown, "feed? https://plain.example/rss.xml"));
  EXPECT_TRUE(has(unknown, "sitemap? https://plain.example/sitemap.xml"));
}

TEST(Sources, ASitemapTellsPostsFromGuesses) {
  const std::string begin = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>";
  const std::string urls = begin +
                           "<url><loc>https://a.example/on-glue/</loc></url>"
                           "<url><loc>https://a.example/tag/x/</loc></url>"
                           "<url><loc>https://a.example/2024/05/y/</loc></url>"
                           "<url><loc>https://b.example/2024/05/z/</loc></url></urlset>";
  EXPECT_EQ(texts(read(page_of("https://a.example/sitemap-posts.xml", urls, "text/xml"),
                       LinkKind::kSitemap)
                      .links),
            (Texts{"page https://a.example/on-glue/", "page https://a.example/2024/05/y/"}));
  EXPECT_EQ(
      texts(read(page_of("https://a.example/sitemap.xml", urls, "text/xml"), LinkKind::kSitemap)
                .links),
      (Texts{"guess https://a.example/on-glue/", "page https://a.example/2024/05/y/"}));
  const std::string index =
      "<sitemapindex><sitemap><loc>/sitemap-posts.xml</loc></sitemap>"
      "<sitemap><loc>/sitemap-tags.xml</loc></sitemap></sitemapindex>";
  EXPECT_EQ(
      texts(read(page_of("https://a.example/sitemap.xml", index, "text/xml"), LinkKind::kSitemap)
                .links),
      Texts{"sitemap https://a.example/sitemap-posts.xml"});
}

TEST(Sources, SubstacksArchiveIsPagedAndRefusesGuestsAndPaidPosts) {
  std::string posts =
      R"([{"canonical_url":"https://g.example/p/one","audience":"everyone","type":"newsletter","publishedBylines":[{"name":"Maren Holt"}]},
{"canonical_url":"https://g.example/p/two","audience":"everyone","type":"newsletter","publishedBylines":[{"name":"Tobias Quill"}]},
{"canonical_url":"https://g.example/p/three","audience":"only_paid","type":"newsletter"},
{"canonical_url":"https://g.example/p/four","type":"thread"}, 5)";
  for (int i = 0; i < 9; ++i) {
    posts += R"(,{"canonical_url":"https://g.example/p/x)" + std::to_string(i) + "\"}";
  }
  const PageReading reading =
      read(page_of("https://g.example/api/v1/archive?sort=new&search=&offset=12&limit=12",
                   posts + "]", "application/json"),
           LinkKind::kArchive);
  EXPECT_TRUE(has(reading, "page https://g.example/p/one"));
  EXPECT_FALSE(has(reading, "page https://g.example/p/four"));
  EXPECT_TRUE(
      has(reading, "archive https://g.example/api/v1/archive?sort=new&search=&offset=24&limit=12"));
  ASSERT_EQ(reading.refused.size(), 2u);
  EXPECT_EQ(reading.refused[0].reason, "by Tobias Quill, not by Maren Holt");
  EXPECT_NE(reading.refused[1].reason.find("paying"), std::string::npos);
}

TEST(Sources, WordPressesApiListsPostsWhole) {
  const PageReading reading = read(
      page_of(
          "https://w.example/wp-json/wp/v2/posts?per_page=100&page=1&_embed=author",
          R"([{"link":"https://w.example/2024/05/glue/","date_gmt":"2024-05-07T09:30:00","title":{"rendered":"On &#8220;glue&#8221;"},"content":{"rendered":"<p>Patient.</p>","protected":false},"_embedded":{"author":[{"name":"Maren Holt"}]}},
{"link":"https://w.example/2024/05/salt/","_embedded":{"author":[{"name":"Tobias Quill"}]}}])",
          "application/json"),
      LinkKind::kArchive);
  EXPECT_EQ(texts(reading.links), Texts{"page https://w.example/2024/05/glue/"});
  ASSERT_EQ(reading.stand_ins.size(), 1u);
  EXPECT_EQ(reading.stand_ins[0].title, "On “glue”");
  EXPECT_EQ(reading.stand_ins[0].date, "2024-05-07T09:30:00Z");
  EXPECT_EQ(reading.refused.at(0).reason, "by Tobias Quill, not by Maren Holt");
}

TEST(Sources, DevTosApiIsPaged) {
  std::string posts = "[";
  for (int i = 0; i < 100; ++i) {
    posts += (i == 0 ? "" : ",") + std::string(R"({"url":"https://dev.to/maren/p)") +
             std::to_string(i) + R"(","user":{"name":"Maren Holt"}})";
  }
  const PageReading reading =
      read(page_of("https://dev.to/api/articles?username=maren&per_page=100&page=1", posts + "]",
                   "application/json"),
           LinkKind::kArchive);
  EXPECT_EQ(reading.links.size(), 101u);
  EXPECT_TRUE(
      has(reading, "archive https://dev.to/api/articles?username=maren&per_page=100&page=2"));
}

TEST(Sources, APostIsKeptWithWhatItSays) {
  const PageReading reading =
      read(page_of("https://a.example/on-glue/",
                   post("Maren Holt",
                        "<link rel=canonical href='https://www.a.example/on-glue/'>"
                        "<meta property='article:tag' content='Glue'>")),
           LinkKind::kPage);
  ASSERT_EQ(reading.documents.size(), 1u);
  const RawDocument& document = reading.documents[0];
  EXPECT_EQ(document.platform, "a.example");
  EXPECT_EQ(document.link, "https://www.a.example/on-glue/");
  EXPECT_EQ(document.title, "On glue");
  EXPECT_EQ(document.date, "2024-05-07");
  EXPECT_EQ(document.bylines, Texts{"Maren Holt"});
  EXPECT_EQ(document.tags, Texts{"Glue"});
  EXPECT_NE(document.verbatim.find("a patient thing"), std::string::npos);
}

TEST(Sources, GuestsAndGuessesAreSkipped) {
  EXPECT_EQ(
      read(page_of("https://a.example/on-glue/", post("Tobias Quill")), LinkKind::kPage).skipped,
      "by Tobias Quill, not by Maren Holt");
  EXPECT_NE(
      read(page_of("https://a.example/on-glue/", post("Maren Holt")), LinkKind::kGuess).skipped,
      "");
  EXPECT_EQ(read(page_of("https://a.example/on-glue/",
                         post("Maren Holt", "<meta property='og:type' content='article'>")),
                 LinkKind::kGuess)
                .documents.size(),
            1u);
  EXPECT_NE(
      read(page_of("https://a.example/a.pdf", "%PDF", "application/pdf"), LinkKind::kPage).skipped,
      "");
}

TEST(Sources, ACanonicalLinkElsewhereIsNotTheDocuments) {
  const PageReading reading =
      read(page_of("https://a.example/on-glue/",
                   post("Maren Holt", "<link rel=canonical href='https://b.example/on-glue/'>")),
           LinkKind::kPage);
  EXPECT_EQ(reading.documents.at(0).link, "https://a.example/on-glue/");
}

}  // namespace
}  // namespace twin
