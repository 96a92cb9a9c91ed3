#include "collection/web/feed.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"

namespace twin {
namespace {

constexpr const char* kWhere = "https://a.example/blog/feed.xml";

Feed read(const std::string& name) {
  return read_feed(read_file(TWIN_SOURCE_DIR "/tests/fuzz/feed/" + name), kWhere);
}

using Texts = std::vector<std::string>;

TEST(Feed, WordPressGivesContentAuthorTagsAndDate) {
  const Feed feed = read("wordpress.xml");
  EXPECT_EQ(feed.kind, FeedKind::kRss);
  EXPECT_TRUE(feed.well_formed);
  EXPECT_EQ(feed.title, "Glaze & Ash");
  EXPECT_EQ(feed.link, "https://glaze.example/");
  EXPECT_EQ(feed.language, "en-GB");
  EXPECT_EQ(feed.generator, "https://wordpress.org/?v=6.5.3");
  EXPECT_EQ(feed.next, "");
  ASSERT_EQ(feed.entries.size(), 2u);
  const FeedEntry& entry = feed.entries[0];
  EXPECT_EQ(entry.title, "Why the kiln isn’t lit “early”");
  EXPECT_EQ(entry.link, "https://glaze.example/2024/05/kiln-not-early/");
  EXPECT_EQ(entry.id, "https://glaze.example/?p=117");
  EXPECT_EQ(entry.date, "2024-05-07T09:30:00+00:00");
  EXPECT_EQ(entry.authors, Texts{"Maren Holt"});
  EXPECT_EQ(entry.tags, (Texts{"Firing", "Wood & Ash"}));
  EXPECT_TRUE(entry.is_whole && entry.is_html);
  EXPECT_EQ(entry.content,
            "\n<p>Every spring somebody asks me why I wait.</p>\n<p>The clay is still wet at the "
            "foot &#8212; that&#8217;s all.</p>\n");
  EXPECT_EQ(feed.entries[1].content, "Salt is thrown at the end. [&#8230;]");
  EXPECT_FALSE(feed.entries[1].is_whole);
}

TEST(Feed, MediumGivesWholeStoriesAndBeginnings) {
  const Feed feed = read("medium.xml");
  ASSERT_EQ(feed.entries.size(), 2u);
  EXPECT_TRUE(feed.entries[0].is_whole);
  EXPECT_EQ(feed.entries[0].tags, (Texts{"pottery", "craft"}));
  EXPECT_EQ(feed.entries[0].date, "2024-05-07T09:30:00Z");
  EXPECT_FALSE(feed.entries[1].is_whole);
  EXPECT_EQ(feed.next, "");  // the hub is no next page
}

TEST(Feed, BloggerPagesItsEntries) {
  const Feed feed = read("blogger.xml");
  EXPECT_EQ(feed.kind, FeedKind::kAtom);
  EXPECT_EQ(feed.next,
            "https://www.blogger.com/feeds/1234567890/posts/default?start-index=26&max-results=25");
  EXPECT_EQ(feed.generator, "Blogger http://www.blogger.com");
  ASSERT_EQ(feed.entries.size(), 1u);
  EXPECT_EQ(feed.entries[0].link, "https://ashbook.example/2024/05/ash.html");
  EXPECT_EQ(feed.entries[0].title, "Ash & <water>");  // type text: no markup
  EXPECT_EQ(feed.entries[0].date, "2024-05-07T11:30:00+02:00");
  EXPECT_EQ(feed.entries[0].content, "<p>Three parts ash, two parts water.</p>");
  EXPECT_EQ(feed.entries[0].tags, Texts{"glaze"});
}

TEST(Feed, AtomsXhtmlBasesAndInheritedAuthorsAreRead) {
  const Feed feed = read("atom_xhtml.xml");
  EXPECT_EQ(feed.title, "Werkstatt & Ofen");
  EXPECT_EQ(feed.link, "https://werkstatt.example/blog/");
  EXPECT_EQ(feed.next, "https://werkstatt.example/blog/archiv/1.atom");
  EXPECT_EQ(feed.language, "de");
  ASSERT_EQ(feed.entries.size(), 2u);
  EXPECT_EQ(feed.entries[0].title, "Der alte Ofen");
  EXPECT_EQ(feed.entries[0].link, "https://werkstatt.example/blog/2024/ofen");
  EXPECT_EQ(feed.entries[0].authors, Texts{"Maren Holt"});
  EXPECT_EQ(feed.entries[0].tags, Texts{"Öfen"});
  EXPECT_EQ(feed.entries[0].content,
            "<div><p>Er steht seit über <b>hundert</b> Jahren &amp; raucht.<br>Noch.</p></div>");
  EXPECT_EQ(feed.entries[1].authors, Texts{"Tobias Quill"});
  EXPECT_EQ(feed.entries[1].content, "Nur Text: 1 < 2.");
  EXPECT_FALSE(feed.entries[1].is_html);
  EXPECT_EQ(feed.entries[1].date, "2024-05-01");
}

TEST(Feed, RssOneHasItsItemsBesideTheChannel) {
  const Feed feed = read("rss_1_0.xml");
  EXPECT_EQ(feed.title, "Old log");
  ASSERT_EQ(feed.entries.size(), 1u);
  EXPECT_EQ(feed.entries[0].date, "2003-02-01T10:00:00+01:00");
  EXPECT_EQ(feed.entries[0].authors, Texts{"Maren Holt"});
  EXPECT_EQ(feed.entries[0].tags, Texts{"clay"});
}

TEST(Feed, JsonFeedIsRead) {
  const Feed feed = read("json_feed.json");
  EXPECT_EQ(feed.kind, FeedKind::kJson);
  EXPECT_EQ(feed.next, "https://fires.example/feed.json?page=2");
  ASSERT_EQ(feed.entries.size(), 3u);
  EXPECT_EQ(feed.entries[0].authors, Texts{"Maren Holt"});
  EXPECT_EQ(feed.entries[0].date, "2024-05-07T09:30:00+02:00");
  EXPECT_TRUE(feed.entries[0].is_html && feed.entries[0].is_whole);
  EXPECT_EQ(feed.entries[1].authors, Texts{"Tobias Quill"});
  EXPECT_EQ(feed.entries[1].id, "2");
  EXPECT_FALSE(feed.entries[1].is_html);
  EXPECT_EQ(feed.entries[2].link, "https://elsewhere.example/3");
  EXPECT_FALSE(feed.entries[2].is_whole);
}

TEST(Feed, ABrokenFeedIsMendedAndReadAsFarAsItGoes) {
  const Feed feed = read("broken.xml");
  EXPECT_FALSE(feed.well_formed);
  EXPECT_EQ(feed.title, "Tea & kilns — a log");
  EXPECT_EQ(feed.link, "https://b.example/?a=1&b=2");
  ASSERT_EQ(feed.entries.size(), 2u);
  EXPECT_EQ(feed.entries[0].title, "R&D for potters &unknown; here");
  EXPECT_EQ(feed.entries[0].link, "https://b.example/?p=1&cat=2");
  EXPECT_EQ(feed.entries[0].authors, Texts{"Maren Holt"});
  EXPECT_EQ(feed.entries[0].content, "<p>Ash & water&nbsp;mix.</p>");
  EXPECT_EQ(feed.entries[1].link, "https://b.example/?p=2");
}

TEST(Feed, DeclaredEntitiesAreNotExpanded) {
  const Feed feed = read("entities.xml");
  ASSERT_EQ(feed.entries.size(), 1u);
  EXPECT_LT(feed.title.size(), 20u);
  EXPECT_LT(feed.entries[0].link.size(), 40u);
}

TEST(Feed, TheServersCharsetCountsMoreThanTheDeclaration) {
  const std::string feed =
      "<?xml version='1.0' encoding='UTF-8'?><rss><channel><title>\xdc"
      "ber</title></channel></rss>";
  EXPECT_EQ(read_feed(feed, kWhere, "ISO-8859-1").title, "Über");
  EXPECT_EQ(read_feed(feed, kWhere).title, "\ufffdber");
}

TEST(Feed, ItemsOfOldSoftwareAreRead) {
  const Feed feed = read_feed(
      R"(<rss version="0.91"><channel><title>x</title>
<item><guid>https://a.example/g</guid><author>ada@a.example (Ada Lovelace)</author></item>
<item><guid isPermaLink="false">https://a.example/h</guid><author>ada@a.example</author></item>
<item><link>../relative</link><description>&lt;p&gt;Text&lt;/p&gt;</description></item>
</channel></rss>)",
      kWhere);
  ASSERT_EQ(feed.entries.size(), 3u);
  EXPECT_EQ(feed.entries[0].link, "https://a.example/g");
  EXPECT_EQ(feed.entries[0].authors, Texts{"Ada Lovelace"});
  EXPECT_EQ(feed.entries[1].link, "");
  EXPECT_EQ(feed.entries[1].authors, Texts{});
  EXPECT_EQ(feed.entries[2].link, "https://a.example/relative");
  EXPECT_EQ(feed.entries[2].content, "<p>Text</p>");
}

TEST(Feed, WhatIsNoneIsRefusedAndLimitsHold) {
  EXPECT_THROW(read_feed("", kWhere), Error);
  EXPECT_THROW(read_feed("<!doctype html><html><body>Not here</body></html>", kWhere), Error);
  EXPECT_THROW(read_feed(R"({"version": "1", "items": []})", kWhere), Error);
  EXPECT_THROW(read_feed("{", kWhere), Error);
  EXPECT_THROW(read_feed("<rss/>", kWhere, {}, {.max_bytes = 3}), Error);
  EXPECT_EQ(
      read_feed("<rss><channel><item/><item/></channel></rss>", kWhere, {}, {.max_entries = 1})
          .entries.size(),
      1u);
}

TEST(Feed, NestingHasALimit) {
  std::string deep = "<rss><channel><title>x</title><item><title>y</title></item>";
  for (int i = 0; i < 10'000; ++i) deep += "<a>";
  EXPECT_EQ(read_feed(deep, kWhere).entries.size(), 1u);
}

}  // namespace
}  // namespace twin
