#include "collection/web/sitemap.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"

namespace twin {
namespace {

constexpr const char* kWhere = "https://a.example/sitemap.xml";

std::vector<std::string> links_of(const Sitemap& sitemap) {
  std::vector<std::string> links;
  for (const SitemapEntry& entry : sitemap.entries) links.push_back(entry.link);
  return links;
}

using Links = std::vector<std::string>;

TEST(Sitemap, LinksAndDatesAreReadWithoutThoseOfImages) {
  const Sitemap found = read_sitemap(R"(<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/xsl" href="main-sitemap.xsl"?>
<urlset xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"
        xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
  <url><loc> https://a.example/one/?x=1&amp;y=2 </loc><lastmod>2024-05-07T09:30:00+00:00</lastmod>
    <image:image><image:loc>https://a.example/i.jpg</image:loc></image:image></url>
  <url><loc>/two</loc></url><url><lastmod>2024-05-07</lastmod></url>
</urlset>)",
                                     kWhere);
  EXPECT_FALSE(found.is_index);
  EXPECT_TRUE(found.well_formed);
  EXPECT_EQ(links_of(found), (Links{"https://a.example/one/?x=1&y=2", "https://a.example/two"}));
  EXPECT_EQ(found.entries[0].last_modified, "2024-05-07T09:30:00+00:00");
}

TEST(Sitemap, AnIndexNamesSitemaps) {
  const Sitemap found = read_sitemap(
      R"(<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>https://a.example/post-sitemap.xml</loc></sitemap></sitemapindex>)",
      kWhere);
  EXPECT_TRUE(found.is_index);
  EXPECT_EQ(links_of(found), Links{"https://a.example/post-sitemap.xml"});
}

TEST(Sitemap, ATextOfLinksIsRead) {
  EXPECT_EQ(links_of(read_sitemap("https://a.example/1\r\n\nhttps://a.example/2", kWhere)),
            (Links{"https://a.example/1", "https://a.example/2"}));
  EXPECT_THROW(read_sitemap("https://a.example/1 is a link", kWhere), Error);
}

TEST(Sitemap, ABrokenOneIsReadAsFarAsItGoes) {
  const Sitemap found = read_sitemap(
      "<urlset><url><loc>https://a.example/?a=1&b=2</loc></url><url><loc>http", kWhere);
  EXPECT_FALSE(found.well_formed);
  EXPECT_EQ(links_of(found)[0], "https://a.example/?a=1&b=2");
}

TEST(Sitemap, PackedOnesAreUnpackedWithinTheLimit) {
  const std::string packed = read_file(TWIN_SOURCE_DIR "/tests/fuzz/sitemap/packed.xml.gz");
  EXPECT_EQ(links_of(read_sitemap(packed, kWhere)),
            (Links{"https://a.example/1", "https://a.example/2"}));
  EXPECT_THROW(read_sitemap(packed, kWhere, {}, {.max_bytes = 100}), Error);
  EXPECT_THROW(read_sitemap(packed.substr(0, packed.size() / 2), kWhere), Error);
}

TEST(Sitemap, WhatIsNoneIsRefusedAndLimitsHold) {
  EXPECT_THROW(read_sitemap("", kWhere), Error);
  EXPECT_THROW(read_sitemap("<html><body>Not found</body></html>", kWhere), Error);
  EXPECT_THROW(read_sitemap("<urlset/>", kWhere, {}, {.max_bytes = 3}), Error);
  EXPECT_EQ(read_sitemap("https://a.example/1\nhttps://a.example/2", kWhere, {}, {.max_entries = 1})
                .entries.size(),
            1u);
}

}  // namespace
}  // namespace twin
